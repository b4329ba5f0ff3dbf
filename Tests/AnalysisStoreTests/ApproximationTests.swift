import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("What was given up is stored")
struct ApproximationTests {
  /// With every reason, each of its figures another number.
  private static let all: GivenUp = {
    var (givenUp, sums) = (GivenUp(), AssociationSums())
    (sums.packets, sums.octets, sums.expected, sums.distinct) = (31, 32, 40, 33)
    (sums.skipped, sums.duplicates, sums.reordered, sums.suspects) = (34, 35, 36, 37)
    (sums.gaps, sums.badTags) = (38, 39)
    (givenUp.unfollowed.packets, givenUp.unfollowed.octets) = (1, 2)
    givenUp.folded = RowlessEpochs(count: 3, [.init(point: 0, .macsec): sums])
    sums.packets = 41
    givenUp.silent = RowlessEpochs(
      count: 4, [.init(point: 0, .esp): sums, .init(point: 1, .esp): sums])
    givenUp.judgedBySilence = 5
    (givenUp.forgotten.gaps, givenUp.forgotten.missing) = (6, 7)
    (givenUp.forgotten.skips, givenUp.forgotten.skipped) = (8, 9)
    givenUp.hastyFrames = 10
    (givenUp.flows.packets, givenUp.flows.octets) = (11, 12)
    (givenUp.askedBucketNanoseconds, givenUp.unlistedCopies) = (13, 14)
    return givenUp
  }()

  @Test("every reason comes back with its limit and all that it counts")
  func roundTrip() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let store = try AnalysisStore(path: path)
    let reasons = Self.all.approximations
    #expect(reasons.map(\.reason) == Approximation.Reason.allCases)
    let figures = Set(reasons.flatMap(\.counts).map(\.figure))
    #expect(figures == Set(Approximation.Figure.allCases))
    var report = RandomReport.make(seed: 1)
    try store.store(report)
    report.givenUp = Self.all
    let run = try store.store(report).run

    let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
    let stored = try await reader.overview(worst: 0, run: .number(run)).approximations
    #expect(stored.map(\.reason) == reasons.map(\.reason))
    for (one, other) in zip(stored, reasons) {
      #expect(one.limit == other.limit)
      let counts = other.counts.sorted { $0.figure.rawValue < $1.figure.rawValue }
      #expect(one.counts.sorted { $0.figure.rawValue < $1.figure.rawValue } == counts)
    }
    #expect(try await reader.overview(worst: 0, run: .number(1)).approximations.isEmpty)
    try store.remove(run: run)
    #expect(try store.runs().map(\.run) == [1])
  }

  /// The report with something given up of the third and the fifth association.
  private static func concerning(_ report: AnalysisReport) -> AnalysisReport {
    var (report, associations) = (report, Array(report.associations))
    var (forgotten, hasty) = (EpochGivenUp(), EpochGivenUp())
    (forgotten.forgotten.gaps, forgotten.forgotten.missing) = (6, 7)
    (forgotten.forgotten.skips, forgotten.forgotten.skipped) = (8, 9)
    hasty.hastyFrames = 10
    (associations[2].givenUp, associations[4].givenUp) = (forgotten, hasty)
    report.associations = ReportRows(associations)
    report.givenUp = all
    return report
  }

  @Test("of which associations something was given up was not in the database")
  func associations() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let store = try AnalysisStore(path: path)
    let report = Self.concerning(RandomReport.make(seed: 1))
    let run = try store.store(report).run
    let expected = report.associations.map(\.givenUp)
    #expect(expected.compactMap { $0 }.count == 2)
    #expect(try store.readReport(run: run).associations.map(\.givenUp) == expected)

    let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
    let id = report.associations[4].id
    let row = try await reader.association(id, run: .number(run)).row
    #expect(row?.summary.givenUp == expected[4])
    try store.remove(run: run)
    #expect(try store.runs().isEmpty)
  }

  @Test("what a live capture gives up later comes with the state")
  func states() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("results.db")
    let store = try AnalysisStore(path: path)
    var report = RandomReport.make(seed: 1)
    var record = RunRecord(began: Timestamp(nanosecondsSinceEpoch: 0))
    let exact = report
    for (second, givenUp) in [nil, Self.all, nil].enumerated() {
      report = givenUp == nil ? exact : Self.concerning(exact)
      record = try store.store(
        RunState(
          report: report, time: Timestamp(nanosecondsSinceEpoch: Int64(second) * 1_000_000_000)),
        options: AnalysisOptions(), after: record)
      let reader = AnalysisReader(path: path, timeLimit: .seconds(600))
      let stored = try await reader.overview(worst: 0, run: .latest).approximations
      #expect(stored.map(\.reason) == (givenUp?.approximations.map(\.reason) ?? []))
      let read = try store.readReport(run: 1)
      #expect(read.associations.map(\.givenUp) == report.associations.map(\.givenUp))
    }
  }
}

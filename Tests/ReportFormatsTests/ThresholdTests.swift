import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("Thresholds")
struct ThresholdTests {
  /// 999,900 of 1,000,000 expected: 0.01 % lost.
  static let report: AnalysisReport = {
    var report = AnalysisReport()
    var row = SampleReport.association(
      1, SampleReport.macsec(port: 1), packets: 999_900, lost: 100)
    row.duplicates = 4
    row.packets += 4
    row.gaps = 3
    report.associations = [row]
    report.totals.packets = 2_000_000
    report.totals.malformed = 20
    return report
  }()

  @Test(
    "is exceeded",
    arguments: [
      "lost>0", "lost>99", "lost>=100", "lost>0.0099%", "lost>=0.01%", "lost > 0.009999999999999%",
      "duplicates>=4", "gaps>2", "malformed>=0.001%", "malformed>19", "reordered>=0",
      "lost>1000 or duplicates>3", "duplicates>3 OR lost>1000", " lost>0 ",
      "lost>1000 or duplicates>1000 or gaps>0",
    ])
  func exceeded(text: String) throws {
    #expect(try Threshold(parsing: text).exceeded(by: Self.report).count == 1)
  }

  @Test(
    "is not exceeded",
    arguments: [
      "lost>100", "lost>=101", "lost>0.01%", "lost>=0.01000000000000001%", "duplicates>4",
      "suspects>0", "skipped>0", "reordered>0", "malformed>0.001%", "gaps>3",
      "lost>100 or gaps>3", "lost>999999999999999999", "lost>100000000000000000%",
    ])
  func passed(text: String) throws {
    #expect(try Threshold(parsing: text).exceeded(by: Self.report) == [])
  }

  @Test("says what was exceeded, and by how much")
  func sentences() throws {
    let threshold = try Threshold(parsing: "lost>0.005% or duplicates>=4 or gaps>7")
    #expect(
      threshold.exceeded(by: Self.report) == [
        "100 lost of 1,000,000 (0.0100%): more than 0.005%", "4 duplicates: at least 4",
      ])
  }

  @Test("nothing is no share of nothing")
  func empty() throws {
    #expect(try Threshold(parsing: "lost>0%").exceeded(by: AnalysisReport()) == [])
    #expect(try Threshold(parsing: "malformed>0%").exceeded(by: AnalysisReport()) == [])
  }

  @Test("the largest counts do not overflow")
  func extremes() throws {
    var report = Self.report
    report.associations[0].duplicates = .max
    report.associations.append(report.associations[0])
    let threshold = try Threshold(parsing: "duplicates>999999999999999999 or duplicates>100.5%")
    #expect(threshold.exceeded(by: report).count == 2)
  }

  @Test(
    "names what is wrong",
    arguments: [
      ("", .unknownMetric("")), ("loss>0", .unknownMetric("loss")), ("lost", .expectedComparison),
      ("lost<5", .expectedComparison), ("lost=5", .expectedComparison),
      ("lost>", .expectedNumber), ("lost>x", .expectedNumber), ("lost>0.5", .expectedNumber),
      ("lost>1.%", .expectedNumber), ("lost>9999999999999999999", .numberTooLong),
      ("gaps>1%", .noShareOfGaps), ("lost>0 and gaps>0", .expectedOr),
      ("lost>0or", .unknownMetric("")),
      ("lost>0 or", .unknownMetric("")), ("lost>0,gaps>0", .expectedOr),
    ] as [(String, ThresholdError.Problem)])
  func errors(text: String, problem: ThresholdError.Problem) {
    #expect(throws: ThresholdError(problem, in: text)) { try Threshold(parsing: text) }
  }

  @Test("an error is a sentence")
  func message() {
    #expect(
      ThresholdError(.unknownMetric("loss"), in: "loss>0").description
        == "threshold 'loss>0': 'loss' is none of lost, duplicates, reordered, suspects, skipped, "
        + "malformed, gaps")
  }

  /// 100 numbers lost in rows, 50 more in epochs that have none.
  private static func rowless(_ path: WritableKeyPath<GivenUp, RowlessEpochs>) -> AnalysisReport {
    var report = report
    var (givenUp, sums) = (GivenUp(), AssociationSums())
    (sums.packets, sums.expected, sums.distinct) = (950, 1_000, 950)
    givenUp[keyPath: path] = RowlessEpochs(count: 3, [.init(point: 0, .macsec): sums])
    report.givenUp = givenUp
    return report
  }

  private static func madeRoom() -> AnalysisReport { rowless(\.silent) }

  @Test("epochs without a row were not judged, though their counts are known")
  func rowless() throws {
    let report = Self.rowless(\.folded)
    let (passes, fails) = (try Threshold(parsing: "lost>150"), try Threshold(parsing: "lost>149"))
    #expect(passes.exceeded(by: report).isEmpty && passes.doubts(about: report).isEmpty)
    #expect(fails.exceeded(by: report) == ["150 lost: more than 149"])
  }

  @Test("a gate passed although associations that made room may have come back after a loss")
  func comesBack() throws {
    let report = Self.madeRoom()
    let (passes, fails) = (try Threshold(parsing: "lost>150"), try Threshold(parsing: "lost>149"))
    #expect(passes.exceeded(by: report).isEmpty && passes.doubts(about: report).count == 1)
    #expect(fails.exceeded(by: report) == ["150 lost: more than 149"])
  }

  @Test("a gate passed although of an epoch without a row the gaps were forgotten")
  func forgottenWithoutRow() throws {
    var report = Self.rowless(\.folded)
    report.givenUp?.forgotten.gaps = 1
    #expect(try Threshold(parsing: "reordered>0").doubts(about: report).count == 1)
    report.givenUp?.hastyFrames = 1
    #expect(try Threshold(parsing: "lost>150").doubts(about: report).count == 1)
  }

  @Test("of a selection nobody knows what made room")
  func rowlessOfSelection() throws {
    var report = Self.madeRoom()
    try RowSelection(sci: ["02:00:00:00:00:01/1"]).apply(to: &report)
    let threshold = try Threshold(parsing: "lost>100")
    #expect(threshold.exceeded(by: report).isEmpty)
    #expect(threshold.doubts(about: report).count == 1)
  }

  @Test(
    "frames that were not followed leave a doubt, also whether those with PN 0 are malformed",
    arguments: ["lost>150", "malformed>0"])
  func unfollowed(condition: String) throws {
    var report = Self.rowless(\.folded)
    report.givenUp?.unfollowed.packets = 1
    #expect(try Threshold(parsing: condition).doubts(about: report).count == 1)
  }

  @Test("a gate passed although a silence had ended what was in doubt")
  func silence() throws {
    var report = Self.rowless(\.folded)
    report.givenUp?.judgedBySilence = 1
    #expect(try Threshold(parsing: "lost>150").doubts(about: report).count == 1)
    #expect(try Threshold(parsing: "malformed>0").doubts(about: report).isEmpty)
  }

  @Test("the first sentence left out what made room")
  func sentence() {
    let text = TableReportTests.text(Self.madeRoom(), TableStyle(width: 120))
    #expect(text.contains("1 association and 3 epochs without a row lost 150 of 1.00 M packets"))
  }
}

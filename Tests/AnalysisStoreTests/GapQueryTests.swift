import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("Gaps, asked for in pages")
struct GapQueryTests {
  private let directory: TemporaryDirectory
  private let report: AnalysisReport
  private let reader: AnalysisReader

  init() throws {
    directory = try TemporaryDirectory()
    report = RandomReport.make(seed: 11, associations: 90)
    let path = directory.file("results.db")
    try AnalysisStore(path: path).store(report)
    reader = AnalysisReader(path: path, timeLimit: .seconds(600))
  }

  private func all(
    _ filter: GapFilter, _ order: ListOrder<GapColumn>, limit: Int
  ) async throws -> [GapRow] {
    try await allRows(limit: limit) {
      try #require(
        try await reader.gaps(filter, sortedBy: order, page: $0, run: .latest))
    }
  }

  @Test(
    "sorted by any column, both ways, as a sort of all of them would be",
    arguments: GapColumn.allCases)
  func order(column: GapColumn) async throws {
    func value(_ gap: SequenceGap) -> Int64 {
      switch column {
      case .time: gap.after.time?.nanosecondsSinceEpoch ?? .min
      case .beforeTime: gap.before.time?.nanosecondsSinceEpoch ?? .min
      case .firstMissing: Int64(gap.firstMissing)
      case .lastMissing: Int64(gap.lastMissing)
      case .missing: Int64(gap.missing)
      }
    }
    let expected = report.gaps.enumerated().sorted { a, b in
      (value(a.element), a.offset) < (value(b.element), b.offset)
    }.map(\.element)
    for limit in [1, 10, 1_000] {
      let ascending = try await all(GapFilter(), ListOrder(column), limit: limit)
      #expect(ascending.map(\.gap) == expected)
      let descending = try await all(
        GapFilter(), ListOrder(column, isDescending: true), limit: limit)
      #expect(descending.map(\.gap) == expected.reversed())
    }
  }

  @Test("each names its association, its point and its files")
  func names() async throws {
    for row in try await all(GapFilter(), ListOrder(.time), limit: 50) {
      let owner = try #require(report.associations.first { $0.id == row.gap.association })
      #expect(row.association.summary == owner)
      #expect(row.association.point == report.points[Int(owner.key.point)])
      #expect(row.beforeFile == report.files[row.gap.before.file])
      #expect(row.afterFile == report.files[row.gap.after.file])
    }
  }

  @Test("those of one association, of a protocol, of a length, of a time")
  func filters() async throws {
    let owner = try #require(report.associations.first { $0.gaps > 1 })
    var filter = GapFilter()
    filter.association = owner.id
    let own = try await all(filter, ListOrder(.firstMissing), limit: 1)
    #expect(own.map(\.gap) == report.gaps.filter { $0.association == owner.id })

    filter = GapFilter()
    filter.associations.securityProtocol = .esp
    let ofESP = Set(
      report.associations.filter {
        if case .ipsec(let identity) = $0.key.identity {
          identity.securityProtocol == .esp
        } else {
          false
        }
      }.map(\.id))
    let expected = report.gaps.filter { ofESP.contains($0.association) }
    #expect(!expected.isEmpty)
    let found = try await all(filter, ListOrder(.missing), limit: 4)
    #expect(found.map(\.gap.firstMissing).sorted() == expected.map(\.firstMissing).sorted())

    filter = GapFilter()
    filter.minimumMissing = 1 << 19
    let long = try await all(filter, ListOrder(.firstMissing), limit: 4)
    #expect(long.count == report.gaps.filter { $0.missing >= 1 << 19 }.count && !long.isEmpty)

    let middle = Timestamp(nanosecondsSinceEpoch: 1 << 60)
    filter = GapFilter()
    filter.from = middle
    let since = try await all(filter, ListOrder(.time), limit: 4)
    #expect(since.count == report.gaps.filter { $0.after.time.map { $0 >= middle } == true }.count)
    filter = GapFilter()
    filter.to = middle
    let until = try await all(filter, ListOrder(.time), limit: 4)
    #expect(until.count == report.gaps.filter { $0.before.time.map { $0 <= middle } == true }.count)
  }

  @Test("an association that is not there has none: that is said")
  func unknown() async throws {
    var filter = GapFilter()
    filter.association = 1
    let page = try await reader.gaps(
      filter, sortedBy: ListOrder(.time), page: PageRequest(), run: .latest)
    #expect(page == nil)
  }
}

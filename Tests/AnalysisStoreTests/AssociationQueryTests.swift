import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("Associations, asked for in pages")
struct AssociationQueryTests {
  private let directory: TemporaryDirectory
  private let report: AnalysisReport
  private let reader: AnalysisReader

  init() throws {
    directory = try TemporaryDirectory()
    report = RandomReport.make(seed: 7, associations: 120)
    let path = directory.file("results.db")
    try AnalysisStore(path: path).store(report)
    reader = AnalysisReader(path: path, timeLimit: .seconds(600))
  }

  private func all(
    _ filter: AssociationFilter = AssociationFilter(),
    _ order: ListOrder<AssociationColumn> = ListOrder(.position), limit: Int = 7
  ) async throws -> [AssociationRow] {
    try await allRows(limit: limit) {
      try await reader.associations(filter, sortedBy: order, page: $0, run: .latest)
    }
  }

  @Test("every one comes back as it was stored, with the name of its point")
  func rows() async throws {
    let rows = try await all()
    #expect(rows.map(\.summary) == Array(report.associations))
    #expect(rows.map(\.point) == report.associations.map { report.points[Int($0.key.point)] })
  }

  @Test(
    "sorted by any column, both ways, in pages of any size, as a sort of all of them would be",
    arguments: AssociationColumn.allCases)
  func order(column: AssociationColumn) async throws {
    let indexed = Array(report.associations.enumerated())
    let expected = indexed.sorted { a, b in
      let (x, y) = (sortValue(a.element, column), sortValue(b.element, column))
      return x == y ? a.offset < b.offset : x < y
    }.map(\.element.id)
    for limit in [1, 7, 120, 1_000] {
      let ascending = try await all(order: column, limit: limit)
      #expect(ascending == expected, "\(limit)")
      let descending = try await all(order: column, isDescending: true, limit: limit)
      #expect(descending == expected.reversed(), "\(limit)")
    }
  }

  private func all(
    order column: AssociationColumn, isDescending: Bool = false, limit: Int
  ) async throws -> [UInt64] {
    try await all(
      AssociationFilter(), ListOrder(column, isDescending: isDescending), limit: limit
    ).map(\.summary.id)
  }

  @Test("a filter leaves what a look at each of them leaves", arguments: 0..<16)
  func filter(number: Int) async throws {
    let some = report.associations[number * 7]
    var filter = AssociationFilter()
    let holds: (AssociationSummary) -> Bool
    switch number {
    case 0:
      filter.point = "o'clock"
      holds = { $0.key.point == 2 }
    case 1...3:
      let word: AssociationFilter.SecurityProtocol = [.macsec, .esp, .ah][number - 1]
      filter.securityProtocol = word
      holds = { securityProtocol($0) == word }
    case 4:
      let sci = SCI(rawValue: 0xFE00_0000_000A_0001)
      filter.sci = sci
      holds = { macsec($0)?.sci == sci }
    case 5:
      filter.an = 2
      holds = { macsec($0)?.an == 2 }
    case 6:
      filter.spi = UInt32.max - 1
      holds = { ipsec($0)?.spi == UInt32.max - 1 }
    case 7:
      let address = IPAddress(ipv4: 0xC000_0201)
      filter.address = .ip(address...address)
      holds = { [ipsec($0)?.source, ipsec($0)?.destination].contains(address) }
    case 8:
      filter.address = .ip(IPAddress(ipv4: 0xC000_0200)...IPAddress(ipv4: 0xC000_02FF))
      holds = {
        ipsec($0).map { [$0.source, $0.destination] }?.contains { $0.family == .ipv4 } == true
      }
    case 9:
      let range = IPAddress(ipv6: 0)...IPAddress(ipv6: UInt128.max >> 1)
      filter.address = .ip(range)
      holds = {
        ipsec($0).map { [$0.source, $0.destination] }?
          .contains { $0.family == .ipv6 && range.contains($0) } == true
      }
    case 10:
      let mac = report.associations.compactMap { Array($0.destinationAddresses).last }[3]
      filter.address = .mac(mac)
      holds = {
        Array($0.sourceAddresses).contains(mac) || Array($0.destinationAddresses).contains(mac)
      }
    case 11:
      filter.minimumLost = 1_000_000
      holds = { $0.lost >= 1_000_000 }
    case 12:
      filter.minimumLossRatio = 0.9
      holds = { $0.expected > 0 && Double($0.lost) >= 0.9 * Double($0.expected) && $0.lost > 0 }
    case 13:
      let time = some.firstTime ?? Timestamp(nanosecondsSinceEpoch: 1 << 60)
      filter.from = time
      holds = { ($0.lastTime).map { $0 >= time } == true }
    case 14:
      let time = some.lastTime ?? Timestamp(nanosecondsSinceEpoch: 1 << 60)
      filter.to = time
      holds = { ($0.firstTime).map { $0 <= time } == true }
    default:
      filter.securityProtocol = .macsec
      filter.an = 1
      filter.minimumLost = 1
      holds = { macsec($0)?.an == 1 && $0.lost > 0 }
    }
    let expected = report.associations.filter(holds).map(\.id)
    #expect(!expected.isEmpty && expected.count < report.associations.count)
    #expect(try await all(filter).map(\.summary.id) == expected)
    let byLoss = try await all(filter, ListOrder(.lost, isDescending: true), limit: 3)
    #expect(Set(byLoss.map(\.summary.id)) == Set(expected) && byLoss.count == expected.count)
    let counted = try await reader.associations(
      filter, sortedBy: ListOrder(.position), page: PageRequest(limit: 1, countsAll: true),
      run: .latest)
    #expect(counted.total == expected.count)
  }

  @Test("one is found by its id, and none by an id that is not there")
  func one() async throws {
    let summary = report.associations[17]
    #expect(try await reader.association(summary.id, run: .latest).row?.summary == summary)
    #expect(try await reader.association(1, run: .latest).row == nil)
  }

  @Test("pages go on in their run when another has come")
  func otherRun() async throws {
    let first = try await reader.associations(
      AssociationFilter(), sortedBy: ListOrder(.lost), page: PageRequest(limit: 50), run: .latest)
    try AnalysisStore(path: directory.file("results.db")).store(RandomReport.make(seed: 8))
    let next = try #require(first.next)
    let second = try await reader.associations(
      AssociationFilter(), sortedBy: ListOrder(.lost), page: PageRequest(limit: 1_000, after: next),
      run: .number(next.run))
    let ids = Set((first.rows + second.rows).map(\.summary.id))
    #expect(ids == Set(report.associations.map(\.id)))
    #expect(first.rows.count + second.rows.count == ids.count)
  }

  @Test("pages of a run that is written meanwhile repeat none and leave none out that stays")
  func sameRun() async throws {
    let store = try AnalysisStore(path: directory.file("results.db"))
    var state = RunState(report: report, time: .now)
    let record = try store.store(
      state, options: AnalysisOptions(), after: RunRecord(began: .now))
    let order = ListOrder(AssociationColumn.firstTime)
    let first = try await reader.associations(
      AssociationFilter(), sortedBy: order, page: PageRequest(limit: 60), run: .latest)
    #expect(first.run == record.run)
    // Every position changes: one of those that were seen goes, and one comes before all.
    var later = report
    let gone = first.rows[10].summary.id
    var associations = report.associations.filter { $0.id != gone }
    var new = associations[0]
    new.id = 42
    new.firstTime = nil
    new.lastTime = nil
    associations.insert(new, at: 0)
    later.associations = ReportRows(associations)
    later.gaps = ReportRows(report.gaps.filter { $0.association != gone })
    later.skips = ReportRows(report.skips.filter { $0.association != gone })
    later.suspectFrames.removeAll { $0.association == gone }
    later.buckets.removeAll { $0.association == gone }
    state.report = later
    _ = try store.store(state, options: AnalysisOptions(), after: record)
    let second = try await reader.associations(
      AssociationFilter(), sortedBy: order, page: PageRequest(limit: 1_000, after: first.next),
      run: .number(first.run))
    let ids = (first.rows + second.rows).map(\.summary.id)
    #expect(Set(ids) == Set(report.associations.map(\.id)))
    #expect(ids.count == report.associations.count)
  }

  @Test("a cursor is good for its list, its order and its run only, and while its row is there")
  func uselessCursor() async throws {
    let order = ListOrder(AssociationColumn.lost)
    let first = try await reader.associations(
      AssociationFilter(), sortedBy: order, page: PageRequest(limit: 5), run: .latest)
    let next = try #require(first.next)
    await #expect(throws: StoreError.self) {
      try await reader.associations(
        AssociationFilter(), sortedBy: ListOrder(.packets), page: PageRequest(after: next),
        run: .latest)
    }
    for text in [
      next.text.replacing("\(next.key[0])", with: "1"), next.text + ".5", "9" + next.text,
    ] {
      let cursor = try #require(PageCursor(parsing: text))
      await #expect(throws: StoreError.self) {
        try await reader.associations(
          AssociationFilter(), sortedBy: order, page: PageRequest(after: cursor), run: .latest)
      }
    }
  }

  @Test(
    "what is no cursor is not taken for one",
    arguments: [
      "", "1", "1.a.0.i1", "1.a.0.x1.2", "x.a.0.i1.2", "1.a.0.o1.2", "1.a.0.r9218868437227405312.2",
      "1.a.0.i1.", "1.a.0.i1.2é", "1.a.0.tff.2", "1.a.0.o+1.2",
    ])
  func noCursor(text: String) {
    #expect(PageCursor(parsing: text) == nil)
  }
}

// What a column holds, read from the report, as something that can be compared.

private enum SortValue: Comparable {
  case absent
  case number(Int64)
  case ratio(Double)
  case text(String)
  case octets(String)
}

private func sortValue(_ a: AssociationSummary, _ column: AssociationColumn) -> SortValue {
  func count(_ value: UInt64?) -> SortValue { value.map { .number(Int64($0)) } ?? .absent }
  func time(_ value: Timestamp?) -> SortValue {
    value.map { .number($0.nanosecondsSinceEpoch) } ?? .absent
  }
  func address(_ address: IPAddress?) -> SortValue {
    guard let address else { return .absent }
    let digits = String(address.bits, radix: 16)
    let width = address.family == .ipv4 ? 8 : 32
    return .octets(String(repeating: "0", count: width - digits.count) + digits)
  }
  return switch column {
  // Equal for all: what is left is the order of the report.
  case .position: .absent
  case .id: .text(hexadecimal(a.id))
  // default, o'clock, tap-ä
  case .point: .number([0, 2, 1][Int(a.key.point)])
  case .protocol: .text(securityProtocol(a).rawValue)
  case .sci: macsec(a).map { .text(hexadecimal($0.sci.rawValue)) } ?? .absent
  case .an: count(macsec(a).map { UInt64($0.an) })
  case .source: address(ipsec(a)?.source)
  case .destination: address(ipsec(a)?.destination)
  case .spi: count(ipsec(a).map { UInt64($0.spi) })
  case .epoch: .number(Int64(a.epoch))
  case .packets: count(a.packets)
  case .octets: count(a.octets)
  case .firstTime: time(a.firstTime)
  case .lastTime: time(a.lastTime)
  case .lowestNumber: count(a.lowestNumber)
  case .highestNumber: count(a.highestNumber)
  case .expected: count(a.expected)
  case .distinct: count(a.distinct)
  case .lost: count(a.lost)
  case .lossRatio: .ratio(a.expected > 0 ? Double(a.lost) / Double(a.expected) : 0)
  case .lostBlind: count(a.lostBlind)
  case .skipped: count(a.skipped)
  case .duplicates: count(a.duplicates)
  case .reordered: count(a.reordered)
  case .suspects: count(a.suspects)
  case .gaps: count(a.gaps)
  case .badTags: count(a.badTags)
  }
}

private func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

private func macsec(_ association: AssociationSummary) -> MACsecIdentity? {
  if case .macsec(let identity) = association.key.identity { identity } else { nil }
}

private func ipsec(_ association: AssociationSummary) -> IPsecIdentity? {
  if case .ipsec(let identity) = association.key.identity { identity } else { nil }
}

private func securityProtocol(
  _ association: AssociationSummary
) -> AssociationFilter.SecurityProtocol {
  switch ipsec(association)?.securityProtocol {
  case .esp: .esp
  case .ah: .ah
  case nil: .macsec
  }
}

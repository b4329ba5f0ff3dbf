import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("Selection of associations")
struct RowSelectionTests {
  /// The ids of the associations that are left of the full sample.
  static func selected(_ selection: RowSelection) -> [UInt64] {
    var report = SampleReport.full
    selection.apply(to: &report)
    return report.associations.map(\.id)
  }

  static let lossy: UInt64 = 0x0123_4567_89AB_CDEF

  @Test("everything, unless asked otherwise")
  func everything() {
    var report = SampleReport.full
    RowSelection().apply(to: &report)
    #expect(report == SampleReport.full)
  }

  @Test("by SCI, by SPI, by either")
  func identifiers() throws {
    #expect(
      Self.selected(try RowSelection(sci: ["02:00:00:00:0a:01/1"])) == [Self.lossy])
    #expect(Self.selected(try RowSelection(spi: ["0xabcd"])) == [2])
    #expect(
      Self.selected(try RowSelection(sci: ["020000000a010001"], spi: ["4096"])) == [Self.lossy, 3])
    #expect(Self.selected(try RowSelection(spi: ["1"])) == [])
  }

  @Test("by address: of IP, of the SCI, of the frames")
  func addresses() throws {
    #expect(Self.selected(try RowSelection(addresses: ["198.51.100.7"])) == [2])
    #expect(Self.selected(try RowSelection(addresses: ["2001:DB8:0::1"])) == [3])
    #expect(Self.selected(try RowSelection(addresses: ["02:00:00:00:0c:05"])) == [5])
    #expect(
      Self.selected(try RowSelection(addresses: ["02:00:00:00:0a:01"]))
        == [Self.lossy, 2, 4, 5, 6, 7, 8, 9])
    #expect(Self.selected(try RowSelection(addresses: ["02:00:00:00:0b:01"])).count == 9)
  }

  @Test("address and identifier must both fit")
  func both() throws {
    #expect(
      Self.selected(try RowSelection(spi: ["0xabcd", "4096"], addresses: ["192.0.2.1"])) == [2])
  }

  @Test(
    "what is not there was not named, nor what is",
    arguments: [
      (["0xabce"], ["no association has the SPI 0x0000abce: the nearest of 2 is 0x0000abcd"]),
      // 0x00001000 without its 0x.
      (["1000"], ["no association has the SPI 0x000003e8: the nearest of 2 is 0x00001000"]),
      (["0xabcd", "1"], ["no association has the SPI 0x00000001: the nearest of 2 is 0x00001000"]),
      (["0xabcd"], []), ([], []),
    ])
  func misses(spi: [String], sentences: [String]) throws {
    #expect(try RowSelection(spi: spi).misses(in: SampleReport.full) == sentences)
  }

  @Test("each part is there, but not together")
  func missesTogether() throws {
    let selection = try RowSelection(spi: ["4096"], addresses: ["192.0.2.1"])
    #expect(
      selection.misses(in: SampleReport.full) == ["no association matches all of the selection"])
  }

  @Test("gaps, skips, suspects and buckets go with their association; totals stay")
  func dependents() throws {
    var report = SampleReport.full
    try RowSelection(spi: ["0xabcd"]).apply(to: &report)
    #expect(report.gaps.map(\.association) == [2])
    #expect(report.skips.map(\.association) == [2])
    #expect(report.suspectFrames.isEmpty)
    #expect(report.buckets.isEmpty)
    #expect(report.totals == SampleReport.full.totals)
    #expect(report.captures == SampleReport.full.captures)

    report = SampleReport.full
    try RowSelection(sci: ["020000000a010001"]).apply(to: &report)
    #expect(report.gaps.count == 3)
    #expect(report.buckets.count == 1)
  }

  @Test("sorts the largest first, equals in their order")
  func sorting() throws {
    func first(_ key: SortKey) throws -> UInt64? {
      Self.selected(try RowSelection(sort: key)).first
    }
    let selected = try Self.selected(RowSelection(sort: .lost))
    #expect(Array(selected.prefix(4)) == [Self.lossy, 2, 4, 3])
    #expect(Array(selected.suffix(5)) == [5, 6, 7, 8, 9])
    #expect(try first(.skipped) == 2)
    #expect(try first(.ratio) == Self.lossy)
    #expect(
      Self.selected(try RowSelection(sort: .first)) == SampleReport.full.associations.map(\.id))
  }

  @Test("a limited order is the beginning of the whole order", arguments: SortKey.allCases)
  func limitedOrder(key: SortKey) {
    var random: UInt64 = 7
    func next(_ limit: UInt64) -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (random >> 33) % limit
    }
    var rows = ReportRows<AssociationSummary>()
    rows += (1...200 as ClosedRange<UInt64>).map { id in
      var row = SampleReport.association(
        id, SampleReport.macsec(port: 1), packets: 10 + next(5), lost: next(4))
      row.duplicates = next(3)
      row.reordered = next(3)
      row.gaps = next(3)
      row.suspects = next(2)
      return row
    }
    let candidates = Array(rows.indices)
    let whole = key.order(rows, among: candidates, limit: nil)
    #expect(whole.sorted() == candidates)
    for limit in [0, 1, 7, 199, 200, 500] {
      #expect(key.order(rows, among: candidates, limit: limit) == Array(whole.prefix(limit)))
    }
  }
}

@testable import PacketAnalysis
import Testing

/// Each limit of the rule from both sides.
@Suite("The search for losses of the capture")
struct CaptureLossSearchTests {
  private static let second: Int64 = 1_000_000_000
  private static let count = 100

  /// Associations that send each millisecond for ten seconds, of which some miss a time.
  private struct Scene {
    var associations = 20
    /// How many of them miss it, the first ones.
    var hit = 20
    var senders = 20
    var from = 5 * second
    var length = second / 10
    /// How long each has further gaps, at a time of its own.
    var elsewhere: Int64 = 0
    var points = 1

    func search() -> [CaptureLoss] {
      var search = CaptureLossSearch(pointCount: points, rowCount: associations)
      for row in 0..<associations {
        let (point, offset) = (row % points, Int64(row))
        search.add(
          from: time(offset), to: time(10 * second - offset), expected: 10_001, point: point,
          row: row)
        if row < hit {
          search.addGap(
            from: time(from - offset), to: time(from + length + offset), missing: 99,
            point: point, row: row)
        }
        for part in 0..<100 where elsewhere > 0 && part != 50 {
          // Spread over the time, but for that of the others.
          let start = Int64(part) * second / 10 + Int64(row) * second / 1_000 + 1
          search.addGap(
            from: time(start), to: time(start + elsewhere / 100), missing: 3, point: point,
            row: row)
        }
      }
      return search.find { UInt64($0 % senders) }
    }

    private func time(_ nanoseconds: Int64) -> Timestamp {
      Timestamp(nanosecondsSinceEpoch: 1_700_000_000 * second + nanoseconds)
    }
  }

  @Test("times further apart than 64 bits hold are no loss, and no crash")
  func centuries() {
    var search = CaptureLossSearch(pointCount: 1, rowCount: 2 * Self.count)
    for row in 0..<2 * Self.count {
      // Half of them at each end of what a time can be.
      let begin = row < Self.count ? -Int64.max : Int64.max - 10 * Self.second
      func time(_ offset: Int64) -> Timestamp { Timestamp(nanosecondsSinceEpoch: begin + offset) }
      search.add(from: time(0), to: time(9 * Self.second), expected: 10, point: 0, row: row)
      search.addGap(
        from: time(Int64(row)), to: time(5 * Self.second), missing: 4, point: 0, row: row)
    }
    #expect(search.find { UInt64($0) }.allSatisfy { $0.start < $0.end })
  }

  @Test("what a verdict rests on is said")
  func evidence() throws {
    let loss = try #require(Scene(associations: 20, hit: 18).search().first)
    #expect(loss.associations == 18)
    #expect(loss.activeAssociations == 20)
    #expect(loss.senders == 18)
    #expect(loss.gaps == 18)
    #expect(loss.lost == 18 * 99)
    let start = 1_700_000_005 * Self.second
    #expect(loss.start == Timestamp(nanosecondsSinceEpoch: start))
    #expect(loss.end == Timestamp(nanosecondsSinceEpoch: start + Self.second / 10))
  }

  @Test("eight associations of eight senders are many, seven are not")
  func least() {
    #expect(Scene(associations: 8, hit: 8).search().count == 1)
    #expect(Scene(associations: 8, hit: 7).search().isEmpty)
    #expect(Scene(associations: 7, hit: 7).search().isEmpty)
    #expect(Scene(senders: 8).search().count == 1)
    #expect(Scene(senders: 7).search().isEmpty)
  }

  @Test("three of four that were active, not fewer")
  func share() {
    #expect(Scene(associations: 20, hit: 15).search().count == 1)
    #expect(Scene(associations: 20, hit: 14).search().isEmpty)
  }

  @Test("a time in which they would have had no packet says nothing")
  func spacing() {
    #expect(Scene(length: 1_000_000).search().count == 1)
    #expect(Scene(length: 999_900).search().isEmpty)
  }

  @Test("where gaps are that common, chance may have brought them together")
  func chance() {
    #expect(Scene(elsewhere: Self.second / 10).search().count == 1)
    // Each with a gap for nine tenths of the time.
    #expect(Scene(elsewhere: 9 * Self.second).search().isEmpty)
  }

  @Test("associations of different points do not add up")
  func points() {
    #expect(Scene(points: 2).search().count == 2)
    #expect(Scene(associations: 14, hit: 14, points: 2).search().isEmpty)
  }

  /// Each of many gaps of one sender ends for itself, so that there are as many stretches.
  @Test("gaps that were made to keep it busy do not")
  func busy() {
    let count = 20_000
    var search = CaptureLossSearch(pointCount: 1, rowCount: count)
    func time(_ seconds: Int) -> Timestamp {
      Timestamp(nanosecondsSinceEpoch: 1_000_000_000 * Int64(seconds))
    }
    for row in 0..<count {
      search.add(from: time(0), to: time(100_000), expected: 200_000, point: 0, row: row)
      search.addGap(from: time(1), to: time(row + 2), missing: 1, point: 0, row: row)
    }
    #expect(search.find { _ in 1 } == [])
  }

  @Test("the bound is never below the probability", arguments: 1...20)
  func bound(hits: Int) {
    for rate in [0.01, 0.1, 0.3, 0.6, 0.9] {
      // Of a binomial distribution.
      var (probability, term) = (0.0, 1.0)
      for _ in 0..<20 { term *= 1 - rate }
      for k in 0...20 {
        if k >= hits { probability += term }
        term *= Double(20 - k) / Double(k + 1) * rate / (1 - rate)
      }
      #expect(chanceBound(of: hits, among: 20, expected: 20 * rate) >= probability * 0.999_999)
    }
    #expect(chanceBound(of: 50_000, among: 60_000, expected: 10) == 0)
    #expect(chanceBound(of: 8, among: 8, expected: 4) == 1.0 / 256)
  }
}

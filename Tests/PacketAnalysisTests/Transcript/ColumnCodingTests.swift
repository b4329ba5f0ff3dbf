import CaptureTestSupport
import Testing

@testable import PacketAnalysis

@Suite("Coded columns")
struct ColumnCodingTests {
  @Test("are what they were, whatever stands in them")
  func anyOctets() throws {
    var random = SplitMix64(seed: 11)
    for index in 0..<600 {
      // Few different octets, or many: of carries that go far, the second has the most.
      let highest: UInt8 = [0, 1, 3, 127, 255][index % 5]
      let count = Int.random(in: 0...(index % 20 == 0 ? 6_000 : 300), using: &random)
      let column = (0..<count).map { _ in
        Int.random(in: 0..<30, using: &random) == 0
          ? UInt8.random(in: 0...255, using: &random) : .random(in: 0...highest, using: &random)
      }
      let stored = ColumnCoding.stored(column)
      #expect(stored.count <= column.count + 1)
      #expect(try ColumnCoding.column(stored) == column)
    }
  }

  @Test("take little room where all octets are the same, and none more where all differ")
  func room() throws {
    #expect(ColumnCoding.stored([UInt8](repeating: 64, count: 1_000)).count < 30)
    var random = SplitMix64(seed: 12)
    let noise = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(ColumnCoding.stored(noise).count == noise.count + 1)
    let long = [UInt8](repeating: 0, count: ColumnCoding.longest + 1)
    #expect(ColumnCoding.stored(long).count == long.count + 1)
    #expect(try ColumnCoding.column(ColumnCoding.stored(long)) == long)
  }

  @Test("that end early, or too late, are refused")
  func ends() {
    let stored = ColumnCoding.stored((0..<400).map { UInt8($0 % 7) })
    #expect(stored.count < 300)
    for length in 0..<stored.count {
      #expect(throws: TranscriptDamage.self) {
        _ = try ColumnCoding.column(Array(stored.prefix(length)))
      }
    }
    #expect(throws: TranscriptDamage.valueOutOfRange) { _ = try ColumnCoding.column(stored + [0]) }
  }
}

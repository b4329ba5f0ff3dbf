import CaptureTestSupport
import Testing

@testable import PacketAnalysis

/// Held against a list that is gone through from its beginning.
@Suite("The index of keys")
struct KeyIndexTests {
  /// Of 32 bits: many that are alike, in all of them, in those that choose a bucket, or in the tag.
  enum Hashes: CaseIterable {
    case random, one, oneBucket, oneTag, zeros

    func next(_ random: inout SplitMix64) -> UInt32 {
      let bits = UInt32.random(in: 0...UInt32.max, using: &random)
      return switch self {
      case .random: bits
      case .one: 0x1234_5678
      case .oneBucket: bits & 0xFF00_0000
      case .oneTag: bits & 0x00FF_FFFF | 0x2A00_0000
      case .zeros: bits & 0x0700_0007
      }
    }
  }

  @Test("finds each key and no other, whatever the hashes", arguments: Hashes.allCases)
  func finds(hashes: Hashes) {
    var random = SplitMix64(seed: 11)
    var index = KeyIndex()
    var added: [UInt32] = []
    for _ in 0..<(hashes == .random || hashes == .oneTag ? 20_000 : 1_500) {
      let hash = hashes.next(&random)
      added.append(hash)
      index.add { added[$0] }
    }
    let copy = KeyIndex(copying: index)
    for (place, hash) in added.enumerated() {
      #expect(index.find(hash) { $0 == place } == place)
      #expect(copy.find(hash) { $0 == place } == place)
      #expect(index.find(hash) { _ in false } == nil)
    }
    // All that might be meant are looked at, in particular those of this hash.
    for hash in Set(added).prefix(300) {
      var seen: Set<Int> = []
      _ = index.find(hash) {
        seen.insert($0)
        return false
      }
      #expect(seen.isSuperset(of: added.indices.filter { added[$0] == hash }))
    }
  }

  @Test("finds keys whose hashes differ in the bits that may")
  func spread() {
    var random = SplitMix64(seed: 12)
    var index = KeyIndex()
    var added: [UInt32] = []
    for _ in 0..<5_000 {
      added.append(Hashes.random.next(&random))
      index.add { added[$0] }
    }
    for (place, hash) in added.enumerated() {
      for bits in 0..<4 as Range<UInt32> {
        let other = hash ^ bits << 24
        #expect(index.find(other, spread: 0x0300_0000) { $0 == place } == place)
      }
    }
  }

  @Test("locates nearly all of random hashes at once")
  func locates() {
    var random = SplitMix64(seed: 13)
    var index = KeyIndex()
    var added: [UInt32] = []
    // As full as it gets before it grows, and just behind.
    let most = KeyIndex.Bucket.usualCount << 13
    for count in [most, most + 1] {
      while added.count < count {
        added.append(Hashes.random.next(&random))
        index.add { added[$0] }
      }
      let located = added.indices.count { index.locate(added[$0]) == UInt32($0) }
      #expect(located > count * 97 / 100, "\(located) of \(count)")
    }
  }
}

import CaptureTestSupport

/// Damages captures at random, always in the same way for the same seed.
struct Mutation: RandomNumberGenerator {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func next() -> UInt64 { random.next() }

  /// Numbers at which lengths, offsets and times go wrong.
  private static let edges: [UInt32] = [
    0, 1, 3, 4, 8, 11, 12, 16, 28, 31, 32, 33, 0xFF, 0xFFFF, 0x1_0000, 0x4_0000, 0x0100_0000,
    0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFE, 0xFFFF_FFFF,
  ]

  /// One of the samples, changed in one to eight places.
  mutating func damaged(_ samples: [SampleCapture]) -> [UInt8] {
    var octets = sample(samples)
    for _ in 0..<Int.random(in: 1...8, using: &self) where octets.count > 8 {
      change(&octets, samples)
    }
    return octets
  }

  private mutating func sample(_ samples: [SampleCapture]) -> [UInt8] {
    samples.randomElement(using: &self)?.octets ?? []
  }

  private mutating func change(_ octets: inout [UInt8], _ samples: [SampleCapture]) {
    let place = Int.random(in: 0..<octets.count - 4, using: &self)
    // Most fields of captures lie on a multiple of four.
    let word = place & ~3
    switch Int.random(in: 0..<8, using: &self) {
    case 0: octets[place] = UInt8.random(in: 0...255, using: &self)
    case 1: octets[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
    case 2, 3:
      let value = Self.edges.randomElement(using: &self) ?? 0
      let isLittle = Bool.random(using: &self)
      octets.replaceSubrange(
        word..<word + 4, with: FuzzFrames.be(isLittle ? value.byteSwapped : value))
    case 4: octets.removeSubrange(place..<min(place + length(), octets.count))
    case 5:
      let count = length()
      octets.insert(
        contentsOf: (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }, at: place)
    case 6:
      // A part of it again.
      octets.insert(contentsOf: octets[word..<min(word + 4 * length(), octets.count)], at: word)
    default:
      // The beginning of one, the end of another.
      octets = Array(octets.prefix(word) + sample(samples).dropFirst(word))
    }
  }

  private mutating func length() -> Int { 1 << Int.random(in: 0..<6, using: &self) }
}

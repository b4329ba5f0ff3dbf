/// Random numbers from a seed: the same on every machine and in every version of Swift.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). The
/// helpers are our own, since the algorithms behind `random(in:using:)` are not promised to stay.
struct SplitMix64 {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A generator of its own for one part of the work, whatever the other parts draw.
  init(seed: UInt64, part: UInt64) {
    state = Self.mix(seed &+ Self.mix(part &+ 0x9E37_79B9_7F4A_7C15))
  }

  /// Turns any number into one that looks random; different numbers stay different.
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// Evenly from `0..<bound`; 0 where `bound` is 0.
  @inline(__always)
  mutating func below(_ bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }

  @inline(__always)
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: below(UInt64(max(0, bound))))
  }

  @inline(__always)
  mutating func from(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  @inline(__always)
  mutating func from(_ range: ClosedRange<UInt64>) -> UInt64 {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// True in `probability` of all cases; draws nothing where that is 0.
  @inline(__always)
  mutating func chance(_ probability: Double) -> Bool {
    guard probability > 0 else { return false }
    return Double(next() >> 11) * 0x1p-53 < probability
  }
}

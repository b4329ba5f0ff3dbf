/// Octets that look random, from which every frame takes a piece: drawing them anew for each frame
/// would take longer than all the rest.
struct PayloadPool {
  let octets: [UInt8]
  /// The sum of the 16-bit words before each of them, for checksums of any piece at once.
  private let sums: [UInt64]

  private static let pieces = 32_768

  init(random: inout SplitMix64) {
    let length = 2 * Self.pieces + FrameSizes.limits.upperBound + 8
    var octets: [UInt8] = []
    var sums: [UInt64] = [0]
    octets.reserveCapacity(length)
    for index in 0..<(length / 2) {
      let word = UInt16(truncatingIfNeeded: random.next())
      octets.append(UInt8(word >> 8))
      octets.append(UInt8(word & 0xFF))
      sums.append(sums[index] + UInt64(word))
    }
    (self.octets, self.sums) = (octets, sums)
  }

  /// Where a piece begins, from 15 random bits; always even.
  @inline(__always)
  func offset(_ random: UInt64) -> Int { Int(random & UInt64(Self.pieces - 1)) * 2 }

  /// The sum of the 16-bit words of a piece, an odd octet at the end padded with zero.
  @inline(__always)
  func sum(from offset: Int, count: Int) -> UInt64 {
    let words = sums[(offset + count) / 2] - sums[offset / 2]
    return count % 2 == 0 ? words : words + UInt64(octets[offset + count - 1]) << 8
  }
}

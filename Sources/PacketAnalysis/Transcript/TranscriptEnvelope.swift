/// How a part begins, and what its octets must add up to.
enum TranscriptEnvelope {
  /// "GSTR", and line ends of both kinds, which show what would change them.
  static let magic: [UInt8] = [0x47, 0x53, 0x54, 0x52, 0x0D, 0x0A, 0x1A, 0x0A]
  static let version: UInt64 = 2
  /// In version 1 all columns of runs stood as they are.
  static let readableVersions: ClosedRange<UInt64> = 1...version

  /// FNV-1a of 64 bits (Fowler, Noll and Vo): any single octet that differs makes it differ.
  static func checksum(_ octets: some Sequence<UInt8>) -> UInt64 {
    octets.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

/// The sections of a part, by the number that stands before each.
///
/// Numbers from `firstOptional` on are free for what a reader may do without: columns with the time
/// of each frame or digests of its ICV.
enum TranscriptSection: UInt64, CaseIterable {
  case options = 1
  case identity
  case name
  case origin
  case totals
  case flows
  case findings
  case associations
  case shapes
  /// The columns of the runs: `RunColumns.Column`.
  case runs

  static let firstOptional: UInt64 = 128

  /// What the identity does not depend on: where the file lies.
  var isOfContent: Bool { self != .name && self != .identity }
}

/// How a part begins, and what its octets must add up to.
enum TranscriptEnvelope {
  /// "GSTR", and line ends of both kinds, which show what would change them.
  static let magic: [UInt8] = [0x47, 0x53, 0x54, 0x52, 0x0D, 0x0A, 0x1A, 0x0A]
  static let version: UInt64 = 1

  /// FNV-1a of 64 bits (Fowler, Noll and Vo): any single octet that differs makes it differ.
  static func checksum(_ octets: some Sequence<UInt8>) -> UInt64 {
    octets.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

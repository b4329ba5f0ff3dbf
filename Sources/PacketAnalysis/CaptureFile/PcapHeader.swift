/// The header of a pcap file (draft-ietf-opsawg-pcap, section 4).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                          Magic Number                         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |          Major Version        |         Minor Version         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                           Reserved1                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                           Reserved2                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                            SnapLen                            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |FCS len|R|f|   Reserved3       |           LinkType            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
struct PcapHeader {
  /// How the two lengths of a record are ordered; they changed places in version 2.3.
  enum LengthOrder {
    case capturedFirst
    case originalFirst
    /// Version 2.3 was written both ways: the smaller is the captured length.
    case either
  }

  static let lengthOctets = 24

  var isSwapped: Bool
  /// Nanoseconds in a unit of the records' sub-second field.
  var fractionNanoseconds: Int64
  var recordHeaderLength: Int
  var lengthOrder: LengthOrder
  var interface: CaptureInterface

  /// How a file begins.
  struct Magic {
    var isSwapped: Bool
    var fractionNanoseconds: Int64
    var recordHeaderLength: Int

    /// - Parameter word: the first four octets, in our byte order.
    init?(_ word: UInt32) {
      switch word {
      case 0xA1B2_C3D4, 0xD4C3_B2A1:  // microseconds
        (fractionNanoseconds, recordHeaderLength) = (1_000, 16)
      case 0xA1B2_3C4D, 0x4D3C_B2A1:  // nanoseconds
        (fractionNanoseconds, recordHeaderLength) = (1, 16)
      case 0xA1B2_CD34, 0x34CD_B2A1:  // Alexey Kuznetzov's: index, protocol, packet type follow
        (fractionNanoseconds, recordHeaderLength) = (1_000, 24)
      default: return nil
      }
      isSwapped = word & 0xFF == 0xA1
    }
  }

  enum Problem: Error {
    case unsupportedVersion(major: UInt16, minor: UInt16)
  }

  /// Reads the `lengthOctets` octets at `start`.
  init(_ start: UnsafeRawPointer, magic: Magic) throws(Problem) {
    let octets = RecordOctets(start, isSwapped: magic.isSwapped)
    let (major, minor) = (octets.uint16(at: 4), octets.uint16(at: 6))
    switch (major, minor) {
    case (2, 0...2), (543, 0): lengthOrder = .originalFirst  // 543.0: tcpdump of DG/UX
    case (2, 3): lengthOrder = .either
    case (2, 4): lengthOrder = .capturedFirst
    default: throw .unsupportedVersion(major: major, minor: minor)
    }
    isSwapped = magic.isSwapped
    fractionNanoseconds = magic.fractionNanoseconds
    recordHeaderLength = magic.recordHeaderLength

    let network = octets.uint32(at: 20)
    let hasFCSLength = network & 0x0400_0000 != 0
    interface = CaptureInterface(
      linkType: LinkType(rawValue: UInt16(truncatingIfNeeded: network)),
      snapLength: octets.uint32(at: 16),
      // In units of 16 bits.
      fcsLengthOctets: hasFCSLength ? UInt8(truncatingIfNeeded: network >> 28) * 2 : nil)
    interface.time = fractionNanoseconds == 1 ? .nanoseconds : .microseconds
  }
}

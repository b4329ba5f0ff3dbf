/// The two commonest frames, read without the general decoder: Ethernet with an encrypting MACsec
/// SecTAG that carries its SCI, and Ethernet with ESP in an IPv4 header without options.
///
/// It accepts only what `FrameDecoder` would read in the same way, and says nothing of the rest;
/// a test holds the two against each other.
enum ShortPath {
  struct Header: BitwiseCopyable {
    var key: CompactKey
    var number: UInt32
    var shape: FrameShape
  }

  /// Both shapes have their number within these octets.
  private static let leastLength = 42

  @inline(__always)
  static func read(
    _ octets: RawSpan, originalLength: UInt32, fcsLengthOctets: Int, point: UInt16
  ) -> Header? {
    guard octets.byteCount >= leastLength else { return nil }
    let word = octets.bigEndian(at: 12, as: UInt64.self)
    // EtherType 0x88E5; V, ES and SCB 0, SC, E and C 1; whatever AN.
    if word & 0xFFFF_FC00_0000_0000 == 0x88E5_2C00_0000_0000 {
      return macsec(
        octets, word: word, originalLength: originalLength, fcsLengthOctets: fcsLengthOctets,
        point: point)
    }
    // EtherType 0x0800, version 4, five words of header.
    if word & 0xFFFF_FF00_0000_0000 == 0x0800_4500_0000_0000 {
      return esp(octets, word: word, point: point)
    }
    return nil
  }

  @inline(__always)
  private static func macsec(
    _ octets: RawSpan, word: UInt64, originalLength: UInt32, fcsLengthOctets: Int, point: UInt16
  ) -> Header? {
    let shortLength = Int(truncatingIfNeeded: word >> 32) & 0xFF
    let isWhole = Int(originalLength) <= octets.byteCount
    let secureData =
      octets.byteCount &- fcsLengthOctets
      &- (EthernetHeader.length + SecTAG.lengthWithSCI + SecTAG.icvLength)
    guard shortLength < Int(SecTAG.shortLengthLimit), UInt32(truncatingIfNeeded: word) != 0,
      !isWhole
        || secureData >= (shortLength == 0 ? Int(SecTAG.shortLengthLimit) : shortLength)
    else { return nil }
    return Header(
      key: CompactKey(
        kind: .macsec, an: UInt8(truncatingIfNeeded: word >> 40) & 0b11, point: point, context: 0,
        first: octets.bigEndian(at: 20, as: UInt64.self)),
      number: UInt32(truncatingIfNeeded: word), shape: shape(octets, tci: 0x2C))
  }

  @inline(__always)
  private static func esp(_ octets: RawSpan, word: UInt64, point: UInt16) -> Header? {
    let totalLength = UInt16(truncatingIfNeeded: word >> 32)
    // Total length, fragment flags and offset, protocol.
    let second = octets.bigEndian(at: 20, as: UInt32.self)
    guard second & 0x3FFF_00FF == 50, totalLength >= 28 else { return nil }
    let spi = octets.bigEndian(at: 34, as: UInt32.self)
    let number = octets.bigEndian(at: 38, as: UInt32.self)
    guard spi != 0, number != 0 else { return nil }
    return Header(
      key: CompactKey(
        kind: .espIPv4, an: 0, point: point, context: spi,
        first: octets.bigEndian(at: 26, as: UInt64.self)),
      number: number, shape: shape(octets, tci: 0))
  }

  /// `shape(tci:destination:source:)`.
  @inline(__always)
  private static func shape(_ octets: RawSpan, tci: UInt8) -> FrameShape {
    FrameShape(
      tci: tci,
      addressMix: mix(
        octets.littleEndian(at: 0, as: UInt64.self), octets.littleEndian(at: 4, as: UInt64.self)))
  }

  static func shape(tci: UInt8, destination: MACAddress?, source: MACAddress?) -> FrameShape {
    let (destination, source) = (destination?.rawValue ?? 0, source?.rawValue ?? 0)
    return FrameShape(
      tci: tci,
      addressMix: mix(
        (destination << 16 | source >> 32).byteSwapped, (destination << 48 | source).byteSwapped))
  }

  @inline(__always)
  private static func mix(_ first: UInt64, _ second: UInt64) -> UInt32 {
    let mixed = (first &* 0x9E37_79B9_7F4A_7C15) ^ (second &* 0xD6E8_FEB8_6659_FD93)
    return UInt32(truncatingIfNeeded: mixed >> 32)
  }
}

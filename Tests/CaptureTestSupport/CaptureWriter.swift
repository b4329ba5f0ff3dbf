/// Writes captures octet by octet, right or wrong as a test wants them.
public struct CaptureWriter {
  public var octets: [UInt8] = []
  public var isBigEndian: Bool

  public init(isBigEndian: Bool = false) { self.isBigEndian = isBigEndian }

  public mutating func append<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) {
      octets.append(contentsOf: $0)
    }
  }

  public mutating func pad() {
    while octets.count % 4 != 0 { octets.append(0) }
  }

  /// The payload of the frame with a number, so that frames can be told apart.
  public static func payload(_ number: Int, length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
  }

  // MARK: pcap

  public mutating func pcapHeader(
    magic: UInt32 = 0xA1B2_C3D4, major: UInt16 = 2, minor: UInt16 = 4, snapLength: UInt32 = 65_535,
    network: UInt32 = 1
  ) {
    append(magic)
    append(major)
    append(minor)
    append(UInt64(0))
    append(snapLength)
    append(network)
  }

  /// The two lengths are written in the order in which they are given.
  public mutating func pcapRecord(
    seconds: UInt32, fraction: UInt32, first: UInt32, second: UInt32, payload: [UInt8],
    extra: Int = 0
  ) {
    append(seconds)
    append(fraction)
    append(first)
    append(second)
    octets += [UInt8](repeating: 0xEE, count: extra) + payload
  }

  // MARK: pcapng

  /// A block around what `body` writes.
  public mutating func block(
    _ type: UInt32, length: UInt32? = nil, trailer: UInt32? = nil,
    _ body: (inout CaptureWriter) -> Void = { _ in }
  ) {
    var inner = CaptureWriter(isBigEndian: isBigEndian)
    body(&inner)
    inner.pad()
    let right = UInt32(inner.octets.count + 12)
    append(type)
    append(length ?? right)
    octets += inner.octets
    append(trailer ?? right)
  }

  public mutating func option(_ code: UInt16, _ value: [UInt8]) {
    append(code)
    append(UInt16(value.count))
    octets += value
    pad()
  }

  public mutating func option(_ code: UInt16, _ value: UInt64) {
    append(code)
    append(UInt16(8))
    append(value)
  }

  public mutating func section(major: UInt16 = 1, minor: UInt16 = 0) {
    block(0x0A0D_0D0A) {
      $0.append(UInt32(0x1A2B_3C4D))
      $0.append(major)
      $0.append(minor)
      $0.append(UInt64.max)
    }
  }

  public mutating func interface(
    linkType: UInt16 = 1, snapLength: UInt32 = 0,
    _ options: (inout CaptureWriter) -> Void = { _ in }
  ) {
    block(1) {
      $0.append(linkType)
      $0.append(UInt16(0))
      $0.append(snapLength)
      options(&$0)
    }
  }

  public mutating func enhancedPacket(
    interface: UInt32 = 0, ticks: UInt64, payload: [UInt8], captured: UInt32? = nil,
    original: UInt32? = nil, _ options: (inout CaptureWriter) -> Void = { _ in }
  ) {
    block(6) {
      $0.append(interface)
      $0.append(UInt32(truncatingIfNeeded: ticks >> 32))
      $0.append(UInt32(truncatingIfNeeded: ticks))
      $0.append(captured ?? UInt32(payload.count))
      $0.append(original ?? UInt32(payload.count))
      $0.octets += payload
      $0.pad()
      options(&$0)
    }
  }

  public mutating func simplePacket(original: UInt32, payload: [UInt8]) {
    block(3) {
      $0.append(original)
      $0.octets += payload
    }
  }

  /// The obsolete Packet Block.
  public mutating func packet(interface: UInt16 = 0, drops: UInt16, ticks: UInt64, payload: [UInt8])
  {
    block(2) {
      $0.append(interface)
      $0.append(drops)
      $0.append(UInt32(truncatingIfNeeded: ticks >> 32))
      $0.append(UInt32(truncatingIfNeeded: ticks))
      $0.append(UInt32(payload.count))
      $0.append(UInt32(payload.count))
      $0.octets += payload
    }
  }

  public mutating func statistics(
    interface: UInt32 = 0, ticks: UInt64, _ options: (inout CaptureWriter) -> Void
  ) {
    block(5) {
      $0.append(interface)
      $0.append(UInt32(truncatingIfNeeded: ticks >> 32))
      $0.append(UInt32(truncatingIfNeeded: ticks))
      options(&$0)
    }
  }
}

/// Small frames of every kind that the decoders know, as octets. Checksums are left out.
enum FuzzFrames {
  static let addresses: [UInt8] = [2, 0, 0, 0, 0x0B, 1, 2, 0, 0, 0, 0x0A, 1]
  static let icv = [UInt8](repeating: 0x1C, count: 16)

  static func ethernet(_ etherType: UInt16, _ payload: [UInt8]) -> [UInt8] {
    addresses + be(etherType) + payload
  }

  // MARK: MACsec

  /// The TCI bits of IEEE Std 802.1AE-2018, 9.5.
  static let (es, sc, scb, encrypted, changed): (UInt8, UInt8, UInt8, UInt8, UInt8) =
    (0x40, 0x20, 0x10, 0x08, 0x04)

  /// What follows EtherType 0x88E5: SL and four octets of Secure Data, or `data`.
  static func macsec(
    _ pn: UInt32, tci: UInt8 = sc | encrypted | changed, an: UInt8 = 0, data: [UInt8]? = nil
  ) -> [UInt8] {
    let data = data ?? [0xDA, 0xDA, 0xDA, 0xDA]
    let shortLength = data.count < 48 ? UInt8(data.count) : 0
    let sci: [UInt8] = tci & sc != 0 ? [2, 0, 0, 0, 0x0A, 1, 0, 1] : []
    return [tci | an, shortLength] + be(pn) + sci + data + icv
  }

  static func macsecFrame(_ pn: UInt32, tci: UInt8 = sc | encrypted | changed, an: UInt8 = 0)
    -> [UInt8]
  { ethernet(0x88E5, macsec(pn, tci: tci, an: an)) }

  /// Integrity only: the protected EtherType and packet can be read.
  static func integrityOnly(_ pn: UInt32, _ etherType: UInt16, _ packet: [UInt8]) -> [UInt8] {
    ethernet(0x88E5, macsec(pn, tci: sc, data: be(etherType) + packet))
  }

  static func eapol(_ packetType: UInt8) -> [UInt8] {
    ethernet(0x888E, [3, packetType, 0, 8] + [UInt8](repeating: 0xA0, count: 8))
  }

  // MARK: IP and what it carries

  static func ipv4(
    _ ipProtocol: UInt8, _ payload: [UInt8], options: [UInt8] = [], fragment: UInt16 = 0
  ) -> [UInt8] {
    let length = 20 + options.count
    return [0x40 | UInt8(length / 4), 0] + be(UInt16(length + payload.count)) + [0, 1]
      + be(fragment) + [64, ipProtocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2] + options + payload
  }

  static func ipv6(_ nextHeader: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let network: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11)
    return [0x60, 0, 0, 0] + be(UInt16(payload.count)) + [nextHeader, 64] + network + [1]
      + network + [2] + payload
  }

  static func ipv6Extension(_ nextHeader: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [nextHeader, 0, 0, 0, 0, 0, 0, 0] + payload
  }

  static func udp(_ source: UInt16, _ destination: UInt16, _ payload: [UInt8]) -> [UInt8] {
    be(source) + be(destination) + be(UInt16(8 + payload.count)) + [0, 0] + payload
  }

  static func esp(_ number: UInt32, spi: UInt32 = 0x1001) -> [UInt8] {
    be(spi) + be(number) + [UInt8](repeating: 0xEE, count: 20)
  }

  static func ah(_ number: UInt32, _ nextHeader: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [nextHeader, 4, 0, 0] + be(0x2002 as UInt32) + be(number)
      + [UInt8](repeating: 0xAA, count: 12) + payload
  }

  static let ike: [UInt8] =
    [UInt8](repeating: 0x11, count: 16) + [33, 0x20, 34, 8]
    + [0, 0, 0, 0, 0, 0, 0, 28]

  static func be<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}

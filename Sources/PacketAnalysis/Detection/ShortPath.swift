internal import CPacketSupport

/// The commonest frames, read without the general decoder: Ethernet with an encrypting MACsec
/// SecTAG that carries its SCI, and Ethernet with ESP, TCP or UDP, which may carry ESP, in an IPv4 header
/// without options; each also behind a VLAN tag.
///
/// It accepts only what `FrameDecoder` would read in the same way, and says nothing of the rest;
/// a test holds the two against each other. One of the few files with unsafe pointers: it checks once
/// that the octets are there.
struct ShortPath {
  /// What the frames of one interface have in common.
  struct Context: BitwiseCopyable {
    /// Octets that are not secure data: Ethernet header, SecTAG, ICV and FCS.
    fileprivate var macsecOverhead: Int
    /// The second word of a key of MACsec, but for the AN; and of ESP, but for the SPI.
    fileprivate var macsecWord: UInt64
    fileprivate var espWord: UInt64
    /// What they are for the hash.
    fileprivate var macsecFactor: UInt64 = 0
    fileprivate var espFactor: UInt64 = 0
    fileprivate let fcsLengthOctets: Int
    let point: UInt16
    /// Any port may be one that carries ESP.
    fileprivate let readsUDP: Bool
    /// `macsecStart`, where frames may have one of the forms.
    fileprivate let start: UInt64
    /// The three octets EtherType, TCI and AN behind the addresses of a frame of MACsec: 0x88E5; V, ES and SCB 0,
    /// SC, E and C 1; AN 0.
    fileprivate static var macsecStart: UInt64 { 0x2C_E588 }
    fileprivate static var anBits: UInt64 { 0b11 << 16 }

    /// More than three octets can say: no difference to it is an AN.
    private static var noStart: UInt64 { 1 << 32 }

    /// Whether frames may have one of the forms.
    var isOfUse: Bool { start != Self.noStart }

    /// For frames of which none has one of the forms.
    init() {
      (fcsLengthOctets, point, readsUDP, macsecOverhead) = (0, 0, false, 0)
      (macsecWord, espWord, start) = (0, 0, Self.noStart)
    }

    init(fcsLengthOctets: Int, point: UInt16, hasESPPorts: Bool = false) {
      self.fcsLengthOctets = fcsLengthOctets
      self.point = point
      start = Self.macsecStart
      readsUDP = !hasESPPorts
      macsecOverhead =
        EthernetHeader.length + SecTAG.lengthWithSCI + SecTAG.icvLength + fcsLengthOctets
      macsecWord = CompactKey(kind: .macsec, an: 0, point: point, context: 0, first: 0).second
      espWord = CompactKey(kind: .espIPv4, an: 0, point: point, context: 0, first: 0).second
    }

    /// Where frames are looked at ahead: by which hash.
    mutating func hash(by hasher: KeyHasher) {
      macsecFactor = hasher.factor(macsecWord)
      espFactor = hasher.factor(espWord)
    }

    /// `nil` where no frame has one of the forms: of another link type, or where an IPv4 header or a VLAN
    /// tag is read as a SecTAG.
    init?(_ interface: InterfaceContext, _ options: DecodingOptions) {
      let isOtherwiseRead = options.macsecEtherTypes.contains { $0 == 0x0800 || $0 == 0x8100 }
      guard interface.linkType == .ethernet, !isOtherwiseRead else { return nil }
      self.init(
        fcsLengthOctets: interface.fcsLengthOctets, point: interface.point,
        hasESPPorts: !options.espPorts.isEmpty)
    }
  }

  struct Header: BitwiseCopyable {
    var key: CompactKey
    /// `key.channelWord`.
    var channelWord: UInt64
    var number: UInt32
    /// Of the SecTAG.
    var tci: UInt8
  }

  /// ESP in UDP: what `ContextTable` knows its association by, and its number.
  struct EncapsulatedESP: BitwiseCopyable {
    /// Source and destination.
    var addresses: UInt64
    var ports: UInt32
    var spi: UInt32
    var number: UInt32
  }

  /// What names the channel of a frame, as far as its slot is concerned.
  struct Channel: BitwiseCopyable {
    /// `CompactKey.first`.
    let word: UInt64
    /// `CompactKey.channelWord`, for the hash (`Context.hash`).
    let factor: UInt64
    /// `AssociationTable.mark` of the AN.
    let mark: UInt32
  }

  /// The channel of a frame that is only going to be read, with nothing verified.
  ///
  /// - Parameter octets: `leastLengthAhead` of them can be read.
  @inline(__always)
  static func channel(
    _ octets: UnsafeRawPointer, _ context: borrowing Context, isMixed: Bool
  ) -> Channel? {
    if isMixed { return eitherChannel(octets, context) }
    let start = octets.loadUnaligned(fromByteOffset: 12, as: UInt32.self).littleEndian
    if beginsMACsec(start) {
      return Channel(
        word: UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 20, as: UInt64.self)),
        factor: context.macsecFactor, mark: start << 8 & AssociationTable.markBits)
    }
    guard mayBeIPv4(octets), octets.load(fromByteOffset: 23, as: UInt8.self) == 50 else {
      return nil
    }
    let spi = UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 34, as: UInt32.self))
    return Channel(
      word: UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 26, as: UInt64.self)),
      factor: context.espFactor ^ UInt64(spi), mark: 0)
  }

  /// Whether a frame of MACsec begins so behind its addresses, whatever its AN and SL.
  @inline(__always)
  private static func beginsMACsec(_ start: UInt32) -> Bool {
    UInt64(start & 0xFC_FFFF) == Context.macsecStart
  }

  /// The same by choices, which cost a little more than a branch that is foretold.
  @inline(__always)
  private static func eitherChannel(
    _ octets: UnsafeRawPointer, _ context: borrowing Context
  ) -> Channel? {
    let start = octets.loadUnaligned(fromByteOffset: 12, as: UInt32.self).littleEndian
    let ipProtocol = octets.load(fromByteOffset: 23, as: UInt8.self)
    let spi = UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 34, as: UInt32.self))
    let isMACsec = beginsMACsec(start)
    let isESP = start << 16 | UInt32(ipProtocol) == 0x0008_0032
    guard isMACsec != isESP else { return nil }
    let word = octets.loadUnaligned(fromByteOffset: isMACsec ? 20 : 26, as: UInt64.self)
    return Channel(
      word: UInt64(bigEndian: word),
      factor: isMACsec ? context.macsecFactor : context.espFactor ^ UInt64(spi),
      mark: isMACsec ? start << 8 & AssociationTable.markBits : 0)
  }

  /// The same of a frame with a VLAN tag.
  static func channel(tagged octets: UnsafeRawPointer, _ context: borrowing Context) -> Channel? {
    isTagged(octets) ? channel(octets + VLANTag.length, context, isMixed: false) : nil
  }

  /// The flow of such a frame, if it is a plain one.
  @inline(__always)
  static func flow(_ octets: UnsafeRawPointer, _ context: borrowing Context) -> CompactFlowKey? {
    guard mayBeIPv4(octets) else { return nil }
    return flow(octets, ipProtocol: octets.load(fromByteOffset: 23, as: UInt8.self), context)
  }

  @inline(__always)
  private static func mayBeIPv4(_ octets: UnsafeRawPointer) -> Bool {
    octets.loadUnaligned(fromByteOffset: 12, as: UInt16.self).littleEndian == 0x0008
  }

  /// From the addresses and ports behind an IPv4 header without options.
  @inline(__always)
  private static func flow(
    _ octets: UnsafeRawPointer, ipProtocol: UInt8, _ context: borrowing Context
  ) -> CompactFlowKey {
    CompactFlowKey(
      point: context.point, ipProtocol: ipProtocol,
      addresses: UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 26, as: UInt64.self)),
      ports: UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 34, as: UInt32.self)))
  }

  /// Of a frame with a VLAN tag its octets less the first four, so that all behind the tag is where it is
  /// without one.
  private let octets: UnsafeRawPointer
  private let addresses: UnsafeRawPointer
  private let capturedLength: Int

  /// From the EtherType on.
  private var word: UInt64 { bigEndian(at: 12, as: UInt64.self) }

  /// The tag in front of the SecTAG of such a frame. What is in front of an IP header is no matter of ESP.
  func clearVLANs(of header: Header) -> VLANStack {
    var vlans = VLANStack()
    if octets != addresses, header.tci != 0 {
      let tag = addresses.loadUnaligned(fromByteOffset: 14, as: UInt16.self).bigEndian
      vlans.append(tag)
    }
    return vlans
  }

  /// Both shapes have their number within these octets: nothing below reads beyond.
  static let leastLength = 42
  /// The same behind a VLAN tag: where a frame is looked at ahead, so many octets must be there.
  static let leastLengthAhead = leastLength + VLANTag.length

  /// Of a frame of whose octets `leastLength` can be read, though it may have fewer.
  @inline(__always)
  init(readable frame: borrowing CapturedFrame) {
    (octets, addresses) = (frame.octets, frame.octets)
    capturedLength = Int(frame.capturedLength)
  }

  /// `nil` where the frame is too short for both shapes.
  init?(_ frame: borrowing CapturedFrame) {
    guard frame.capturedLength >= Self.leastLength else { return nil }
    self.init(readable: frame)
  }

  /// Of a frame with one VLAN tag in front of either shape; `nil` for others.
  init?(tagged frame: borrowing CapturedFrame) {
    guard frame.capturedLength >= Self.leastLengthAhead, Self.isTagged(frame.octets) else {
      return nil
    }
    (octets, addresses) = (frame.octets + VLANTag.length, frame.octets)
    capturedLength = Int(frame.capturedLength) - VLANTag.length
  }

  /// Whether the EtherType is 0x8100 (IEEE Std 802.1Q-2022, 9.5).
  private static func isTagged(_ octets: UnsafeRawPointer) -> Bool {
    octets.loadUnaligned(fromByteOffset: 12, as: UInt16.self).littleEndian == 0x0081
  }

  @inline(__always)
  private func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type)
    -> T
  { T(bigEndian: octets.loadUnaligned(fromByteOffset: offset, as: type)) }

  /// Whether the frame had more than was captured of it, and a SecTAG is no part of its FCS, which may be
  /// longer than what was not captured.
  func isSnapped(_ frame: CapturedFrame, _ context: Context) -> Bool {
    let header = octets - addresses + EthernetHeader.length + SecTAG.lengthWithSCI
    return frame.originalLength > frame.capturedLength
      && Int(frame.originalLength) - context.fcsLengthOctets >= header
  }

  /// - Parameter isSnapped: what `isSnapped(_:_:)` says, where that was asked.
  @inline(__always)
  func macsec(_ context: borrowing Context, isSnapped: Bool = false) -> Header? {
    // EtherType, TCI and AN, SL, PN.
    let tag = octets.loadUnaligned(fromByteOffset: 12, as: UInt64.self).littleEndian
    // What is left of EtherType, TCI and AN is the AN.
    let an = tag & 0xFF_FFFF &- context.start
    guard _fastPath(an & ~Context.anBits == 0) else { return nil }
    let number = UInt32(truncatingIfNeeded: tag >> 32).byteSwapped
    guard _fastPath(number != 0) else { return nil }
    // Looked up, since long and short frames come in no order: of a condition the compiler would make a branch.
    let shortLength = UInt8(truncatingIfNeeded: tag >> 24)
    let least = context.macsecOverhead &+ Int(gapscope_least_secure_octets(shortLength))
    guard _fastPath(capturedLength >= least || isSnapped && shortLength < SecTAG.shortLengthLimit)
    else { return nil }
    return Header(
      key: CompactKey(
        words: (
          bigEndian(at: 20, as: UInt64.self), context.macsecWord | an << 32
        )),
      channelWord: context.macsecWord, number: number, tci: 0x2C)
  }

  @inline(__always)
  func esp(_ context: borrowing Context) -> Header? {
    let word = word
    guard Self.isIPv4WithoutOptions(word), Self.totalLength(word) >= 28 else { return nil }
    // Fragment flags and offset, protocol. An FCS is no part of the packet.
    guard bigEndian(at: 20, as: UInt32.self) & 0x3FFF_00FF == 50,
      capturedLength &- context.fcsLengthOctets >= Self.leastLength
    else { return nil }
    let spi = bigEndian(at: 34, as: UInt32.self)
    let number = bigEndian(at: 38, as: UInt32.self)
    guard spi != 0, number != 0 else { return nil }
    let second = context.espWord | UInt64(spi)
    return Header(
      key: CompactKey(words: (bigEndian(at: 26, as: UInt64.self), second)), channelWord: second,
      number: number, tci: 0)
  }

  /// ESP in a UDP datagram of port 4500 (RFC 3948, 2.1).
  func encapsulatedESP(_ context: Context) -> EncapsulatedESP? {
    let word = word
    // Of the headers of IPv4, UDP and ESP.
    guard Self.isIPv4WithoutOptions(word), Self.totalLength(word) >= 36, context.readsUDP,
      bigEndian(at: 20, as: UInt32.self) & 0x3FFF_00FF == 17,
      capturedLength &- context.fcsLengthOctets >= EthernetHeader.length + 36
    else { return nil }
    let ports = bigEndian(at: 34, as: UInt32.self)
    let (source, destination) = (UInt16(ports >> 16), UInt16(truncatingIfNeeded: ports))
    let length = bigEndian(at: 38, as: UInt16.self)
    guard source == 4500 || destination == 4500, destination != 500, destination != 4789,
      length == 0 || length >= 16
    else { return nil }
    let esp = EncapsulatedESP(
      addresses: bigEndian(at: 26, as: UInt64.self), ports: ports,
      spi: bigEndian(at: 42, as: UInt32.self), number: bigEndian(at: 46, as: UInt32.self))
    return esp.spi != 0 && esp.number != 0 ? esp : nil
  }

  /// The flow of a whole or first TCP segment or UDP datagram whose ports promise nothing to read.
  func plain(_ context: Context) -> CompactFlowKey? {
    let word = word
    guard Self.isIPv4WithoutOptions(word) else { return nil }
    let second = bigEndian(at: 20, as: UInt32.self)
    let ipProtocol = UInt8(truncatingIfNeeded: second)
    // Of the headers of IPv4 and of what it carries.
    let headers = ipProtocol == 6 ? 40 : 28
    guard second & 0x3FFF_0000 == 0, ipProtocol == 6 || ipProtocol == 17 && context.readsUDP,
      Self.totalLength(word) >= headers,
      capturedLength &- context.fcsLengthOctets >= EthernetHeader.length + headers
    else { return nil }
    let key = Self.flow(octets, ipProtocol: ipProtocol, context)
    if ipProtocol == 17 {
      let length = bigEndian(at: 38, as: UInt16.self)
      guard length == 0 || length >= 8, !Self.isCarrier(key.sourcePort),
        !Self.isCarrier(key.destinationPort)
      else { return nil }
    }
    return key
  }

  /// EtherType 0x0800, version 4, five words of header (RFC 791, section 3.1).
  @inline(__always)
  private static func isIPv4WithoutOptions(_ word: UInt64) -> Bool { word >> 40 == 0x08_0045 }

  /// Of the IPv4 packet, whose first word begins behind the EtherType.
  @inline(__always)
  private static func totalLength(_ word: UInt64) -> Int {
    Int(UInt16(truncatingIfNeeded: word >> 16))
  }

  /// IKE, ESP or VXLAN may be inside: the general decoder knows which.
  private static func isCarrier(_ port: UInt16) -> Bool {
    port == 500 || port == 4500 || port == 4789
  }

  /// TCI and addresses as the table compares them.
  @inline(__always)
  func shape(of header: Header) -> FrameShape {
    FrameShape(
      tci: header.tci,
      addresses: (
        addresses.loadUnaligned(as: UInt64.self).littleEndian,
        addresses.loadUnaligned(fromByteOffset: 4, as: UInt64.self).littleEndian
      ))
  }

  static func shape(tci: UInt8, destination: MACAddress?, source: MACAddress?) -> FrameShape {
    let (destination, source) = (destination?.rawValue ?? 0, source?.rawValue ?? 0)
    return FrameShape(
      tci: tci,
      addresses: (
        (destination << 16 | source >> 32).byteSwapped, (destination << 48 | source).byteSwapped
      ))
  }
}

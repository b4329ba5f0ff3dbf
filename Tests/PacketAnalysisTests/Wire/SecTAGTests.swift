import PacketAnalysis
import Testing

@Suite("SecTAG (IEEE Std 802.1AE-2018, clause 9)")
struct SecTAGTests {
  /// tcpdump's `tests/macsec-encrypted.pcap`, frame 1, which tcpdump prints as
  /// "an 0, pn 72, flags ECI, sci 2eb73f3995c30001".
  static let encrypted: [UInt8] = [
    0x2C, 0x00, 0x00, 0x00, 0x00, 0x48, 0x2E, 0xB7, 0x3F, 0x39, 0x95, 0xC3, 0x00, 0x01,
  ]

  @Test("reads the fields that tcpdump prints")
  func readsFields() throws {
    let tag = try SecTAG(Self.encrypted.span.bytes)
    #expect(tag.tci == [.sc, .e, .c])
    #expect(tag.an == 0)
    #expect(tag.shortLength == 0)
    #expect(tag.pn == 72)
    #expect(tag.explicitSCI == SCI(rawValue: 0x2EB7_3F39_95C3_0001))
    #expect(tag.length == 14)
  }

  @Test("refuses every prefix", arguments: 0..<SecTAG.lengthWithSCI)
  func refusesPrefix(length: Int) {
    let prefix = Array(Self.encrypted.prefix(length))
    #expect(throws: DecodeError(.doesNotFit, in: .secTAG)) { _ = try SecTAG(prefix.span.bytes) }
  }

  @Test(
    "an SCI was read behind a tag without one, whose flags another process had changed meanwhile")
  func changedMeanwhile() throws {
    // As a mapped file is: nobody keeps others from writing to it.
    let octets = UnsafeMutableRawBufferPointer.allocate(byteCount: 6, alignment: 1)
    defer { octets.deallocate() }
    octets.copyBytes(from: [0x4C, 0, 0, 0, 0, 9])
    let tag = try SecTAG(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(octets)))
    octets[0] = 0x2C
    #expect(tag.explicitSCI == nil)
    #expect(tag.length == SecTAG.lengthWithoutSCI)
  }

  @Test("the general decoder knows each EtherType of a VLAN tag that rings and MPLS know")
  func vlanEtherTypes() {
    for index in VLANTag.etherTypes.indices {
      let decoded = Decoded(
        Headers.ethernet(VLANTag.etherTypes[index]) + Headers.vlan(42, 0x88E5)
          + Headers.secTAG([.e, .c], pn: 9) + Headers.data(48) + Headers.icv)
      var vlans = VLANStack()
      vlans.append(42)
      #expect(decoded.headers.map(\.clearVLANs) == [vlans])
    }
  }

  @Test(
    "names the channel as the flags say",
    arguments: [
      ([.sc], SCISource.explicit, 0x1122_3344_5566_7788),
      ([.es], .endStation, 0x0200_0000_0A01_0001),
      ([.scb], .singleCopyBroadcast, 0x0200_0000_0A01_0000),
      ([.es, .scb], .singleCopyBroadcast, 0x0200_0000_0A01_0000),
      ([], .implicit, 0x0200_0000_0A01_0001),
    ] as [(TCI, SCISource, UInt64)])
  func channel(flags: TCI, source: SCISource, sci: UInt64) {
    let explicit: UInt64? = flags.contains(.sc) ? 0x1122_3344_5566_7788 : nil
    let tag = Headers.secTAG(flags.union([.e, .c]), an: 2, pn: 9, sci: explicit)
    let decoded = Decoded(
      Headers.ethernet(0x8100) + Headers.vlan(42, 0x88A8) + Headers.vlan(0xF001, 0x88E5) + tag
        + Headers.data(48) + Headers.icv)
    #expect(decoded.frameClass == .macsec)
    var vlans = VLANStack()
    vlans.append(42)
    vlans.append(1)
    #expect(decoded.headers.map(\.clearVLANs) == [vlans])
    let key = explicit == nil ? vlans : VLANStack()
    #expect(decoded.macsec == [MACsecIdentity(sci: SCI(rawValue: sci), an: 2, vlans: key)])
    #expect(decoded.headers.map(\.sciSource) == [source])
    #expect(decoded.numbers == [9])
    #expect(decoded.sourceMAC == Headers.source)
    #expect(decoded.destinationMAC == Headers.destination)
  }

  struct Length: Sendable, CustomStringConvertible {
    var shortLength: UInt8
    var secureData: Int
    var finding: DecodeError.Problem?
    var flags: TCI = [.e, .c]
    var description: String { "SL \(shortLength), \(secureData) octets, flags \(flags.rawValue)" }
  }
  static let lengths = [
    Length(shortLength: 0, secureData: 48),
    Length(shortLength: 0, secureData: 47, finding: .shortLengthMissing),
    Length(shortLength: 0, secureData: -16, finding: .shortLengthMissing),
    Length(shortLength: 47, secureData: 47),
    Length(shortLength: 47, secureData: 46, finding: .shorterThanShortLength),
    Length(shortLength: 2, secureData: 44),  // padded
    Length(shortLength: 48, secureData: 48, finding: .shortLengthTooLarge),
    Length(shortLength: 63, secureData: 63, finding: .shortLengthTooLarge),
    Length(shortLength: 0x40, secureData: 48, finding: .reservedBits),
    Length(shortLength: 0x82, secureData: 48, finding: .reservedBits),
    Length(shortLength: 0, secureData: 3, flags: .c),
    Length(shortLength: 40, secureData: 3, flags: .c),
    Length(shortLength: 0, secureData: 47, finding: .shortLengthMissing, flags: []),
  ]

  @Test("holds SL against the frame's length", arguments: lengths)
  func holdsLength(_ length: Length) {
    let octets =
      Headers.ethernet(0x88E5)
      + Headers.secTAG(length.flags, an: 3, shortLength: length.shortLength)
      + Headers.data(length.secureData + 16)
    for fcs in [0, 4] {
      let decoded = Decoded(octets + Headers.data(fcs), fcs: fcs)
      #expect(decoded.finding == length.finding.map { DecodeError($0, in: .secTAG) })
      #expect(decoded.frameClass == (length.finding == nil ? .macsec : .malformed))
      #expect(decoded.badTag?.an == (length.finding == nil ? nil : 3))
    }
    // Of a snapped frame, the tag alone is judged.
    let isTagRule = [.reservedBits, .shortLengthTooLarge].contains(length.finding)
    let snapped = Decoded(Array(octets.prefix(20)), wireLength: 60)
    #expect(snapped.frameClass == (isTagRule ? .malformed : .macsec))
  }

  @Test(
    "refuses flags that contradict each other, and still knows whose frame it was",
    arguments: [
      ([.version, .sc, .e, .c], .unsupportedVersion), ([.sc, .es], .contradictorySCI),
      ([.sc, .scb, .e, .c], .contradictorySCI), ([.version], .unsupportedVersion),
    ] as [(TCI, DecodeError.Problem)])
  func illegalFlags(flags: TCI, problem: DecodeError.Problem) {
    let tag = Headers.secTAG(flags, an: 1, sci: flags.contains(.sc) ? 5 : nil)
    let decoded = Decoded(Headers.ethernet(0x88E5) + tag + Headers.data(64))
    #expect(decoded.frameClass == .malformed)
    #expect(decoded.finding == DecodeError(problem, in: .secTAG))
    let sci = flags.contains(.sc) ? SCI(rawValue: 5) : SCI(rawValue: 0x0200_0000_0A01_0001)
    #expect(decoded.badTag == MACsecIdentity(sci: sci, an: 1, vlans: VLANStack()))
    #expect(decoded.headers.isEmpty)
  }

  @Test("leaves E = 1, C = 0 to the key agreement entity")
  func keyAgreement() {
    let decoded = Decoded(
      Headers.ethernet(0x88E5) + Headers.secTAG([.sc, .e], sci: 1) + Headers.data(64))
    #expect(decoded.frameClass == .other)
    #expect(decoded.headers.isEmpty && decoded.badTag == nil && decoded.finding == nil)
  }

  @Test("does not judge PN 0")
  func zero() {
    let decoded = Decoded(
      Headers.ethernet(0x88E5) + Headers.secTAG([.e, .c], pn: 0) + Headers.data(64))
    #expect(decoded.numbers == [0])
  }

  @Test("reads on inside integrity-only Secure Data, but not in its ICV", arguments: [true, false])
  func integrityOnly(isShort: Bool) {
    let inner =
      Headers.number(0x0800 as UInt16)
      + Headers.ipv4(50, Headers.number(0x1234_5678_0000_0007 as UInt64))
    let data = isShort ? inner : inner + Headers.data(18)
    let octets =
      Headers.ethernet(0x88E5)
      + Headers.secTAG([.sc], shortLength: isShort ? UInt8(inner.count) : 0, sci: 1) + data
      + Headers.icv
    let decoded = Decoded(octets + Headers.data(isShort ? 10 : 0))
    #expect(decoded.frameClass == .macsec)
    #expect(decoded.numbers == [7, 7])
    #expect(decoded.headers.first?.icvOffset == UInt32(octets.count - 16))
    #expect(decoded.ipsec.first?.spi == 0x1234_5678)
    #expect(decoded.flow == nil)
  }

  @Test("a SecTAG inside another has the tags between them, and the frame the outer addresses")
  func nestedTags() {
    let inner = Headers.secTAG([.e, .c], pn: 2) + Headers.data(64)
    let outer =
      Headers.ethernet(0x8100) + Headers.vlan(5, 0x88E5) + Headers.secTAG([.sc], pn: 1, sci: 1)
    var vlans = VLANStack()
    vlans.append(9)
    let tagged = Decoded(
      outer + Headers.number(0x8100 as UInt16) + Headers.vlan(9, 0x88E5) + inner + Headers.icv)
    #expect(tagged.numbers == [1, 2])
    #expect(tagged.macsec.last?.vlans == vlans)
    #expect(tagged.macsec.last?.sci.systemIdentifier == Headers.source)

    let frame = Headers.ethernet(0x88E5, source: Headers.innerSource) + inner
    let carried = Decoded(
      outer + Headers.number(0x0800 as UInt16)
        + Headers.ipv4(47, [0, 0, 0x65, 0x58] + frame) + Headers.icv)
    #expect(carried.numbers == [1, 2])
    #expect(carried.macsec.last?.sci.systemIdentifier == Headers.innerSource)
    #expect(carried.sourceMAC == Headers.source)
  }

  @Test("takes no octet of the ICV for a header")
  func icvIsNoHeader() {
    // The ESP header would have to be read from the ICV.
    let inner = Headers.number(0x0800 as UInt16) + Headers.ipv4(50, [])
    let octets =
      Headers.ethernet(0x88E5)
      + Headers.secTAG([.sc], shortLength: UInt8(inner.count), sci: 1) + inner + Headers.icv
    #expect(Decoded(octets).headers.count == 1)
    #expect(Decoded(octets).finding == nil)
  }

  @Test("knows another EtherType by option")
  func otherEtherType() {
    let octets = Headers.ethernet(0x9999) + Headers.secTAG([.e, .c]) + Headers.data(64)
    #expect(Decoded(octets).frameClass == .other)
    var options = DecodingOptions()
    options.macsecEtherTypes = [0x9999]
    #expect(Decoded(octets, options: options).frameClass == .macsec)
  }

  @Test("counts a tag that does not fit by whether the frame was snapped")
  func doesNotFit() {
    let octets = Headers.ethernet(0x88E5) + Headers.secTAG([.sc, .e, .c])
    #expect(Decoded(octets).frameClass == .malformed)
    #expect(Decoded(octets, wireLength: 100).frameClass == .truncated)
    #expect(Decoded(octets, wireLength: 100).badTag == nil)
  }
}

/// A MACsec Security TAG, read in place: no octet is copied.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |V|E|S|S|E|C|AN |0 0|    SL     |         Packet Number         |
///     | |S|C|C| | |   |   |           |                               |
///     | | | |B| | |   |   |           |                               |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Packet Number (cont.)     |   SCI (8 octets, if SC = 1)   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// Source: IEEE Std 802.1AE-2018, 9.3 to 9.9. Offsets count from the octet after the EtherType.
public struct SecTAG: ~Escapable {
  private let octets: RawSpan

  /// Checks the length only: an illegal tag still names the association it belongs to. See
  /// `violation(followedBy:)`.
  @_lifetime(copy octets)
  public init(_ octets: RawSpan) throws(DecodeError) {
    try octets.require(Self.lengthWithoutSCI, for: .secTAG)
    let hasSCI = TCI(rawValue: octets.octet(at: 0)).contains(.sc)
    let length = hasSCI ? Self.lengthWithSCI : Self.lengthWithoutSCI
    try octets.require(length, for: .secTAG)
    self.octets = octets.extracting(first: length)
  }

  public static let lengthWithoutSCI = 6
  public static let lengthWithSCI = 14
  /// Of the cipher suites of 802.1AE (14.5 to 14.8).
  public static let icvLength = 16

  public var length: Int { octets.byteCount }

  /// TAG Control Information: the version and flags (9.5).
  public var tci: TCI { TCI(rawValue: octets.octet(at: 0) & ~0b11) }

  /// Association Number: which of the channel's four SAs protects this frame (9.6).
  public var an: UInt8 { octets.octet(at: 0) & 0b11 }

  /// Octets of Secure Data if fewer than 48, otherwise 0 (9.7).
  public var shortLength: UInt8 { octets.octet(at: 1) & 0x3F }

  /// Packet Number; with an XPN Cipher Suite, its 32 least significant bits (9.8).
  public var pn: UInt32 { octets.bigEndian(at: 2, as: UInt32.self) }

  /// The SCI this frame carries; `nil` when SC = 0 (9.9). The length tells, which was checked: another process may
  /// change the octets of a mapped file meanwhile.
  public var explicitSCI: SCI? {
    length == Self.lengthWithSCI ? SCI(rawValue: octets.bigEndian(at: 6, as: UInt64.self)) : nil
  }

  /// How the SCI is known. SCB wins over ES: its Port Identifier is the one that the frame's
  /// receivers would use (9.5, 9.9).
  public var sciSource: SCISource {
    let tci = tci
    if tci.contains(.sc) { return .explicit }
    if tci.contains(.scb) { return .singleCopyBroadcast }
    return tci.contains(.es) ? .endStation : .implicit
  }

  /// The SCI, made of the frame's source address where the tag has none.
  public func sci(source: MACAddress) -> SCI {
    if let explicitSCI { return explicitSCI }
    let port: UInt16 = sciSource == .singleCopyBroadcast ? 0 : 1
    return SCI(systemIdentifier: source, portIdentifier: port)
  }

  /// The association that the tag names, legal or not.
  public func identity(source: MACAddress, clearVLANs: VLANStack) -> MACsecIdentity {
    MACsecIdentity(
      sci: sci(source: source), an: an,
      vlans: tci.contains(.sc) ? VLANStack() : clearVLANs)
  }

  /// What makes the tag illegal (9.12), but for PN 0, which only the numbers around it can judge.
  ///
  /// - Parameter lengthOctets: the octets behind the tag, without an FCS; `nil` where not all of
  ///   them were captured. More than SL asks for is padding and legal.
  public func violation(followedBy lengthOctets: Int?) -> DecodeError.Problem? {
    let tci = tci
    if tci.contains(.version) { return .unsupportedVersion }
    if tci.contains(.sc) && !tci.isDisjoint(with: [.es, .scb]) { return .contradictorySCI }
    if octets.octet(at: 1) & 0xC0 != 0 { return .reservedBits }
    if shortLength >= Self.shortLengthLimit { return .shortLengthTooLarge }
    // With E = 0, C = 1 a Cipher Suite we do not know made the Secure Data and its ICV.
    guard let lengthOctets, !isOfUnknownSuite else { return nil }
    let secureData = lengthOctets - Self.icvLength
    if shortLength == 0 {
      return secureData < Int(Self.shortLengthLimit) ? .shortLengthMissing : nil
    }
    return secureData < Int(shortLength) ? .shorterThanShortLength : nil
  }

  /// Secure Data of at least so many octets has SL = 0 (9.7).
  public static let shortLengthLimit: UInt8 = 48

  /// E = 1, C = 0: for the key agreement entity, not of an association (9.5).
  public var isForKeyAgreement: Bool { tci.isDisjoint(with: .c) && tci.contains(.e) }
  /// E = 0, C = 0: the Secure Data is the User Data, readable.
  public var isIntegrityOnly: Bool { tci.isDisjoint(with: [.e, .c]) }
  /// E = 0, C = 1: made by a Cipher Suite that is none of 802.1AE's own.
  public var isOfUnknownSuite: Bool { tci.isDisjoint(with: .e) && tci.contains(.c) }
}

/// The flag bits of the SecTAG's first octet (IEEE Std 802.1AE-2018, 9.5).
public struct TCI: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Set in a SecTAG of a later version.
  public static let version = TCI(rawValue: 0x80)
  /// End Station: the SCI is the source MAC address with Port Identifier 1.
  public static let es = TCI(rawValue: 0x40)
  /// The SecTAG carries an SCI.
  public static let sc = TCI(rawValue: 0x20)
  /// Single Copy Broadcast, used on an EPON.
  public static let scb = TCI(rawValue: 0x10)
  /// Encryption: the Secure Data is confidential.
  public static let e = TCI(rawValue: 0x08)
  /// Changed Text: the Secure Data differs from the User Data.
  public static let c = TCI(rawValue: 0x04)
}

extension SecTAG {
  static func decode(
    _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) -> NextHeader {
    let tag = try SecTAG(cursor.rest)
    if tag.isForKeyAgreement {
      frame.classify(.other)
      return .end
    }
    let identity = tag.identity(
      source: frame.nearestSource ?? MACAddress(rawValue: 0), clearVLANs: frame.clearVLANs)
    let (tci, pn, sciSource) = (tag.tci, tag.pn, tag.sciSource)
    let (isIntegrityOnly, isOfUnknownSuite) = (tag.isIntegrityOnly, tag.isOfUnknownSuite)
    let shortLength = Int(tag.shortLength)
    let followed = cursor.lengthOctets - tag.length
    if let violation = tag.violation(followedBy: cursor.isWhole ? followed : nil) {
      frame.badTag = identity
      throw DecodeError(violation, in: .secTAG)
    }
    cursor.skip(tag.length)

    // On the wire the ICV follows the Secure Data; padding may follow the ICV.
    cursor.limit(to: shortLength == 0 ? followed - icvLength : shortLength)
    let icvOffset = isOfUnknownSuite ? nil : UInt32(exactly: cursor.end)
    frame.add(
      ProtectedHeader(
        identity: .macsec(identity), number: pn, tci: tci, sciSource: sciSource,
        clearVLANs: frame.clearVLANs, icvOffset: icvOffset))
    guard isIntegrityOnly else { return .end }
    frame.clearVLANs = VLANStack()
    try cursor.rest.require(2, for: .ethernet)
    let etherType = cursor.rest.bigEndian(at: 0, as: UInt16.self)
    cursor.skip(2)
    return .etherType(etherType)
  }
}

/// A protected header on its way into the tracker.
struct Observation: BitwiseCopyable {
  var key: CompactKey
  /// The hash of the key.
  var hash: UInt32
  /// As on the wire: 32 bits.
  var number: UInt32
  /// On the wire.
  var octets: UInt32
  /// It stood inside another protected header.
  var isNested: Bool
  var time: Timestamp
  var place: FramePlace
  var shape: FrameShape
}

extension Observation {
  /// Of a header that the `ShortPath` read.
  @inline(__always)
  init(
    _ header: ShortPath.Header, on path: ShortPath, hash: UInt32, of frame: borrowing CapturedFrame,
    place: FramePlace
  ) {
    self.init(
      key: header.key, hash: hash, number: header.number, octets: frame.originalLength,
      isNested: false, time: frame.time, place: place, shape: path.shape(of: header))
  }

  /// Of a header that the general decoder read.
  init(
    _ header: borrowing ProtectedHeader, key: CompactKey, hash: UInt32,
    details: ObservationDetails, of frame: borrowing CapturedFrame, place: FramePlace,
    isNested: Bool
  ) {
    let shape = ShortPath.shape(
      tci: header.tci.rawValue, destination: details.destination, source: details.source)
    self.init(
      key: key, hash: hash, number: header.number, octets: frame.originalLength,
      isNested: isNested, time: frame.time, place: place,
      shape: header.number == 0 ? shape.ofZero : shape)
  }
}

/// What successive frames of an association mostly have in common, in one word: the TCI bits of the
/// SecTAG (0 for ESP and AH) and a hash of the MAC addresses. A frame of another shape is looked at
/// with care.
struct FrameShape: Equatable, BitwiseCopyable {
  private(set) var packed: UInt64

  /// The lowest 10 bits are free for other things than the hash.
  private static let hashMask: UInt64 = ~0x3FF

  /// - Parameter addresses: the twelve octets of both addresses in two words, which overlap: what
  ///   the hash loses of the second, it has of the first.
  @inline(__always)
  init(tci: UInt8, addresses: (UInt64, UInt64)) {
    // As many bits as a multiplication has for what is part of it.
    let mixed = addresses.0 &* 0x79B9_7C15 ^ addresses.1
    packed = mixed & Self.hashMask | UInt64(tci)
  }

  var tci: UInt8 { UInt8(truncatingIfNeeded: packed) }
  var isEncrypted: Bool { tci & TCI.e.rawValue != 0 }
  var isChanged: Bool { tci & TCI.c.rawValue != 0 }

  /// Of a slot whose next frame must be looked at with care: no frame has it.
  var needsCare: Bool {
    get { packed & 0x100 != 0 }
    set { packed = packed & ~0x100 | (newValue ? 0x100 : 0) }
  }

  /// Of a frame with number 0, which is never simply the next (rule 8): no slot has it.
  var ofZero: FrameShape {
    var shape = self
    shape.packed |= 0x200
    return shape
  }

  /// Of frames whatever their number.
  var ofAny: FrameShape {
    var shape = self
    shape.packed &= ~0x300
    return shape
  }
}

/// What is looked at when an association begins, or a frame of it differs from the one before.
struct ObservationDetails: BitwiseCopyable {
  var sciSource: SCISource
  var vlans: VLANStack
  /// `nil` where the link has no MAC addresses.
  var source: MACAddress?
  var destination: MACAddress?

  /// Of a frame that was read by the `ShortPath`, which has read beyond the addresses.
  init(usual frame: borrowing CapturedFrame, clearVLANs: VLANStack) {
    let octets = frame.octets
    self.init(
      sciSource: .explicit, vlans: clearVLANs,
      source: MACAddress(
        rawValue: octets.loadUnaligned(fromByteOffset: 6, as: UInt64.self).bigEndian >> 16),
      destination: MACAddress(rawValue: octets.loadUnaligned(as: UInt64.self).bigEndian >> 16))
  }

  init(
    sciSource: SCISource, vlans: VLANStack, source: MACAddress?, destination: MACAddress?
  ) {
    (self.sciSource, self.vlans) = (sciSource, vlans)
    (self.source, self.destination) = (source, destination)
  }

  init(_ header: ProtectedHeader, of frame: borrowing DecodedFrame) {
    sciSource = header.sciSource
    vlans = header.clearVLANs
    source = frame.sourceMAC
    destination = frame.destinationMAC
  }
}

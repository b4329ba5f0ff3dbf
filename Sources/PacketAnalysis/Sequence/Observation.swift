/// A protected header on its way into the tracker.
struct Observation: BitwiseCopyable {
  var key: CompactKey
  var hash: UInt64
  /// As on the wire: 32 bits.
  var number: UInt32
  /// On the wire.
  var octets: UInt32
  var time: Timestamp
  var place: FramePlace
  /// The TCI bits of a SecTAG; 0 for ESP and AH.
  var tci: UInt8
  /// A hash of the MAC addresses of the frame.
  var addressMix: UInt32
  /// Where it stands: the frame in its batch, and the header in its frame.
  var position: UInt8
  var header: UInt8

  /// It stood inside another protected header.
  var isNested: Bool { header > 0 }
}

/// What is looked at when an association begins, or a frame of it differs from the one before.
struct ObservationDetails: BitwiseCopyable {
  var sciSource: SCISource
  var vlans: VLANStack
  /// `nil` where the link has no MAC addresses.
  var source: MACAddress?
  var destination: MACAddress?

  init(header: Int, of frame: borrowing DecodedFrame) {
    sciSource = frame.headers[header].sciSource
    vlans = frame.headers[header].clearVLANs
    source = frame.sourceMAC
    destination = frame.destinationMAC
  }
}

/// Frames of one association that arrived one after the other with consecutive numbers: what a
/// transcript consists of.
///
/// Of the first frame everything is known, of the others what they add up to. Such a run is counted
/// as one; so it has more than one frame only where no verdict about other frames can part it
/// (`Steadiness`).
struct ArrivalRun: Equatable, BitwiseCopyable {
  /// Index in the associations of the part.
  var association: UInt32
  /// Index in the shapes of the part.
  var shape: UInt32 = 0
  /// As on the wire; a run does not go on across the wrap.
  var number: UInt32 = 0
  /// The first frame stood inside another protected header.
  var isNested = false
  /// No frame, but an illegal SecTAG that names the association.
  var isBadTag = false

  // Of the first frame.
  var frame: UInt64 = 0
  var time = Timestamp.absent
  var octets: UInt32 = 0

  var tail = RunTail()

  /// The last number.
  var lastNumber: UInt32 { number &+ tail.count }
}

/// The frames of a run behind the first.
struct RunTail: Equatable, BitwiseCopyable {
  var count: UInt32 = 0
  var octets: UInt64 = 0
  // Of the last frame.
  var frame: UInt64 = 0
  var time = Timestamp.absent
  /// Nanoseconds between successive frames, the first of the run included.
  var minimumStep: UInt64 = .max
  var maximumStep: UInt64 = 0
}

/// What successive frames of an association mostly have in common: see `FrameShape`.
struct ObservedShape: Hashable, Sendable {
  var tci: UInt8
  var sciSource: SCISource
  var vlans: VLANStack
  var source: MACAddress?
  var destination: MACAddress?

  init(_ shape: FrameShape, _ details: ObservationDetails) {
    tci = shape.tci
    (sciSource, vlans) = (details.sciSource, details.vlans)
    (source, destination) = (details.source, details.destination)
  }

  init(
    tci: UInt8, sciSource: SCISource, vlans: VLANStack, source: MACAddress?,
    destination: MACAddress?
  ) {
    (self.tci, self.sciSource, self.vlans) = (tci, sciSource, vlans)
    (self.source, self.destination) = (source, destination)
  }

  var details: ObservationDetails {
    ObservationDetails(
      sciSource: sciSource, vlans: vlans, source: source, destination: destination)
  }

  /// Of a frame with `number`.
  func shape(of number: UInt32) -> FrameShape {
    let shape = ShortPath.shape(tci: tci, destination: destination, source: source)
    return number == 0 ? shape.ofZero : shape
  }
}

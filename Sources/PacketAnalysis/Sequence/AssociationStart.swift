/// How an association began: in 48 octets, all that is kept of it besides its slot for as long as
/// every packet is simply the next (it is *unbroken*).
///
/// Where there are many associations, most are. One gets an `AssociationRecord` with the first packet
/// that is anything else, and at once if its beginning is unusual. A record begins as what it would
/// have been behind the first frame, and is settled by the slot like any other.
struct AssociationStart: BitwiseCopyable {
  /// Of the first frame.
  var place: FramePlace
  let time: Timestamp
  /// As on the wire; 0: no frame is counted yet.
  var number: UInt32
  let octets: UInt32
  /// Of the first epoch.
  var ordinal: UInt32
  /// Index of its record; of its pauses, marked by `Self.hasPaused`; or `Self.none`.
  private var further = Self.none
  /// The MAC address in the low 48 bits, and above it `Mark`s.
  private let source: UInt64
  /// The same, and above it the VLAN stack, as far as it has one tag at most.
  private let destination: UInt64

  private static let hasPaused: UInt32 = 1 << 31
  private static let none = UInt32.max

  private struct Mark {
    static let source: UInt64 = 1 << 48
    static let destination: UInt64 = 1 << 49
    static let encrypted: UInt64 = 1 << 50
    static let changed: UInt64 = 1 << 51
    /// The raw value of an `SCISource` is shifted by so much.
    static let sciSource: UInt64 = 56
  }

  /// - Parameter details: whose VLAN stack is one that it `holds`; of another it has nothing.
  init(_ observation: Observation, _ details: ObservationDetails, ordinal: UInt32) {
    (place, time) = (observation.place, observation.time)
    (number, octets) = (observation.number, observation.octets)
    self.ordinal = ordinal
    var marks = UInt64(details.sciSource.rawValue) << Mark.sciSource
    if details.source != nil { marks |= Mark.source }
    if details.destination != nil { marks |= Mark.destination }
    if observation.shape.isEncrypted { marks |= Mark.encrypted }
    if observation.shape.isChanged { marks |= Mark.changed }
    source = marks | (details.source?.rawValue ?? 0)
    let vlans = Self.holds(details.vlans) ? details.vlans.packed : 0
    destination = vlans << 48 | (details.destination?.rawValue ?? 0)
  }

  static func holds(_ vlans: VLANStack) -> Bool { vlans.packed <= UInt64(UInt16.max) }

  /// Index of its record; `nil` while it is unbroken.
  var record: Int? {
    get { further & Self.hasPaused == 0 ? Int(further) : nil }
    set { further = newValue.map { UInt32($0) } ?? Self.none }
  }

  /// Index of its `Pauses`; `nil` where there was none, and where it has a record.
  var pauses: Int? {
    get {
      further & Self.hasPaused == 0 || further == Self.none
        ? nil : Int(further & ~Self.hasPaused)
    }
    set { further = newValue.map { UInt32($0) | Self.hasPaused } ?? Self.none }
  }

  var sciSource: SCISource {
    SCISource(rawValue: UInt8(truncatingIfNeeded: source >> Mark.sciSource)) ?? .explicit
  }
  var vlans: VLANStack { VLANStack(packed: destination >> 48) }
  var isEncrypted: Bool { source & Mark.encrypted != 0 }
  var isChanged: Bool { source & Mark.changed != 0 }
  /// Of the first frame, or `AddressSets.none`; further ones are kept aside, since few associations have any.
  var sourceAddress: UInt64 {
    source & Mark.source == 0 ? AddressSets.none : MACAddress(rawValue: source).rawValue
  }
  var destinationAddress: UInt64 {
    source & Mark.destination == 0 ? AddressSets.none : MACAddress(rawValue: destination).rawValue
  }
}

extension EpochState {
  /// The first epoch of an association, behind its first frame.
  init(_ start: AssociationStart) {
    self.init(ordinal: start.ordinal, origin: .first, firstPlace: start.place)
    guard start.number != 0 else { return }
    numbers = NumberRange(single: SequenceRules.begin(start.number))
    octets = UInt64(start.octets)
    (firstTime, lastTime) = (start.time, start.time)
    (lowestTime, highestTime) = (start.time, start.time)
    (arrivals.first, arrivals.last) = (start.time, start.time)
  }
}

extension AssociationSlot {
  /// Of an association that begins with an `AssociationStart`; the first frame has been counted, if it
  /// has a number.
  init(_ key: CompactKey, _ start: AssociationStart, shape: FrameShape, record: UInt32) {
    self.init()
    self.key = key
    octets = UInt64(start.octets)
    lastTime = start.time.nanosecondsSinceEpoch
    highestPlace = start.place
    expected = start.number &+ 1
    self.record = record
    self.shape = shape
    self.shape.needsCare = start.number == 0 || start.time == .absent
  }
}

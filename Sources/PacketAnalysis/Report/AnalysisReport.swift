/// Everything that an analysis found. The only vocabulary that the parts of Gapscope share: the
/// table, JSON, CSV, database and API are views of it.
///
/// Plain values in the order in which they are reported: associations and flows by first frame,
/// gaps and skips by association and number. The words are those of `docs/sequence-tracking.md`.
public struct AnalysisReport: Sendable, Equatable {
  /// The names of the points of capture; `AssociationKey.point` is an index into it.
  public var points: [String] = []
  /// One for each file and point.
  public var captures: [CaptureSummary] = []
  public var totals = FrameTotals()
  /// Of the frames in `totals`, where a filter or limits of time left others out; `nil` otherwise,
  /// and where no frame has a time.
  public var analyzedTimes: ClosedRange<Timestamp>?
  public var associations = ReportRows<AssociationSummary>()
  public var gaps = ReportRows<SequenceGap>()
  public var skips = ReportRows<SequenceGap>()
  /// The first `suspectFrameLimit`, by file and frame.
  public var suspectFrames: [SuspectFrame] = []
  public var flows: [FlowSummary] = []
  public var malformed: [MalformedSummary] = []
  /// The width of `buckets`; `nil` where none were asked for.
  public var bucketNanoseconds: Int64?
  /// By association (or none: frames of no association), then by start.
  public var buckets: [TimeBucket] = []
  public var blindIntervals: [BlindInterval] = []
  /// Times in which the capture itself is the likely one to have lost packets, by point and time.
  public var captureLosses: [CaptureLoss] = []
  /// What the reader of the report should know about the run: files merged by time and so on.
  public var notes: [String] = []
  /// What is missing here since a limit was reached; `nil`: nothing.
  public var givenUp: GivenUp?
  /// Only those of its associations are left that were asked for.
  public var isSelection = false

  /// How often an association went on after a silence of `AnalysisLimits.idleNanoseconds`.
  public var reopenings: UInt64 = 0

  public static let suspectFrameLimit = 1_000

  public init() {}

  /// Makes all rows now, for who looks at them several times.
  public mutating func makeRows() {
    associations.make()
    gaps.make()
    skips.make()
  }

  /// Says it to the reader, where there were any.
  mutating func noteReopenings() {
    guard reopenings > 0 else { return }
    notes.append(
      "associations went on \(counted(reopenings, "time")) after a silence (--idle-timeout)")
  }

  /// The files of the run in the order of the command line; `FrameReference.file` is an index
  /// into it.
  public var files: [String] = []
}

/// One frame of the run.
public struct FrameReference: Sendable, Equatable, Hashable {
  /// Index into `AnalysisReport.files`.
  public var file: Int
  /// Counts from 1 within its file.
  public var frame: UInt64
  /// `nil` where the capture has no times.
  public var time: Timestamp?

  public init(file: Int, frame: UInt64, time: Timestamp?) {
    (self.file, self.frame, self.time) = (file, frame, time)
  }
}

/// What one file held of one point of capture.
public struct CaptureSummary: Sendable, Equatable {
  public enum Format: String, Sendable {
    case pcap
    case pcapng
    /// No file, but an interface that was listened to; its name stands for the file's.
    case live
  }
  public struct Damage: Sendable, Equatable {
    /// Where the damaged record begins, in the uncompressed stream.
    public var offset: UInt64
    /// A sentence without a full stop: what is wrong there.
    public var reason: String
    public init(offset: UInt64, reason: String) { (self.offset, self.reason) = (offset, reason) }
  }

  /// Index into `AnalysisReport.files`.
  public var file: Int
  public var format: Format
  /// Index into `AnalysisReport.points`.
  public var point: Int
  public var packets: UInt64 = 0
  /// On the wire.
  public var octets: UInt64 = 0
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  public var damaged: Damage?
  /// Frames that the capturing machine says it dropped; `nil` where the capture does not say.
  public var capturedDrops: UInt64?
  /// How often the time of a frame lay before that of the frame before it.
  public var timeSteps: UInt64 = 0
  /// The largest snap length of its interfaces; 0: none.
  public var snapLength: UInt32 = 0
  /// Frames of which only a part was captured.
  public var snappedFrames: UInt64 = 0
  /// The longest frame on the wire.
  public var longestFrameOctets: UInt32 = 0
  public var linkType = LinkType.ethernet

  public init(file: Int, format: Format, point: Int) {
    (self.file, self.format, self.point) = (file, format, point)
  }
}

/// Every frame once, by its outermost protected header: the classes add up to `packets`.
public struct FrameTotals: Sendable, Equatable {
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var macsec: UInt64 = 0
  public var esp: UInt64 = 0
  public var ah: UInt64 = 0
  public var mka: UInt64 = 0
  /// EAPOL other than MKA.
  public var eapol: UInt64 = 0
  public var ike: UInt64 = 0
  /// TCP/UDP flows and other IP.
  public var plain: UInt64 = 0
  /// Fragments other than the first.
  public var fragments: UInt64 = 0
  public var other: UInt64 = 0
  public var malformed: UInt64 = 0
  /// A header that did not fit in what was captured of a snapped frame.
  public var truncated: UInt64 = 0
  /// Further protected headers inside a frame that was counted by its outermost.
  public var nested: UInt64 = 0
  public init() {}

  /// All of them, by the names that reports, transcripts and the database have for them, in their order there.
  package static let fields:
    [(name: String, path: any WritableKeyPath<FrameTotals, UInt64> & Sendable)] =
      [
        ("packets", \.packets), ("octets", \.octets), ("macsec", \.macsec), ("esp", \.esp),
        ("ah", \.ah), ("mka", \.mka), ("eapol", \.eapol), ("ike", \.ike), ("plain", \.plain),
        ("fragments", \.fragments), ("other", \.other), ("malformed", \.malformed),
        ("truncated", \.truncated), ("nested", \.nested),
      ]

  mutating func add(_ other: FrameTotals) {
    for field in Self.fields { self[keyPath: field.path] += other[keyPath: field.path] }
  }
}

/// One epoch of one association. What was counted of it is in `counts`, and reads as if it were here.
@dynamicMemberLookup
public struct AssociationSummary: Sendable, Equatable {
  /// A hash of (point, key, epoch): the same on every machine.
  public var id: UInt64 = 0
  public var key: AssociationKey
  public var counts = AssociationCounts()

  // MACsec only; as the first frame had them.
  public var sciSource = SCISource.explicit
  public var vlans = VLANStack()
  /// Some frame had E = 1.
  public var encrypted = false
  /// Some frame had C = 1.
  public var changed = false
  /// The source MAC addresses, ascending, at most four (the lowest).
  public var sourceAddresses = MACAddressList()
  public var destinationAddresses = MACAddressList()

  public var firstFrame = FrameReference(file: 0, frame: 0, time: nil)
  /// `nil` for a single packet, and where no two arrivals have a forward difference.
  public var interArrival: InterArrival?
  /// What is missing of it since a limit was reached; `nil`: nothing.
  public var givenUp: EpochGivenUp?

  public init(key: AssociationKey) { self.key = key }

  @inlinable
  public subscript<Count>(dynamicMember path: WritableKeyPath<AssociationCounts, Count>) -> Count {
    get { counts[keyPath: path] }
    set { counts[keyPath: path] = newValue }
  }

  @inlinable
  public subscript<Count>(dynamicMember path: KeyPath<AssociationCounts, Count>) -> Count {
    counts[keyPath: path]
  }
}

/// What was counted of one epoch of one association: all that its place in a table and the sums of a
/// report depend on.
public struct AssociationCounts: Sendable, Equatable {
  /// Counts from 0 in order of first frame.
  public var epoch = 0
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  /// `nil` where every frame was a suspect.
  public var lowestNumber: UInt64?
  public var highestNumber: UInt64?
  public var distinct: UInt64 = 0
  /// The part of `lost` in gaps that touch a blind interval of the point.
  public var lostBlind: UInt64 = 0
  public var skipped: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var reordered: UInt64 = 0
  public var suspects: UInt64 = 0
  /// Maximal runs of missing numbers that remain.
  public var gaps: UInt64 = 0
  /// Frames with an illegal SecTAG that name this association: a lost number may be one of them.
  public var badTags: UInt64 = 0

  public init() {}

  /// highest - lowest + 1, less what was skipped.
  public var expected: UInt64 {
    guard let lowestNumber, let highestNumber else { return 0 }
    return highestNumber - lowestNumber + 1 - skipped
  }
  /// Numbers of the range that never came. Never negative.
  public var lost: UInt64 { expected - distinct }
}

/// Times between successive arrivals of an association, in file order, in nanoseconds.
public struct InterArrival: Sendable, Equatable {
  public var minimumNanoseconds: UInt64
  /// Rounded down.
  public var meanNanoseconds: UInt64
  public var maximumNanoseconds: UInt64
  public init(minimumNanoseconds: UInt64, meanNanoseconds: UInt64, maximumNanoseconds: UInt64) {
    self.minimumNanoseconds = minimumNanoseconds
    self.meanNanoseconds = meanNanoseconds
    self.maximumNanoseconds = maximumNanoseconds
  }
}

/// A maximal run of consecutive missing numbers of an association: lost, or skipped by the sender.
public struct SequenceGap: Sendable, Equatable {
  /// `AssociationSummary.id`.
  public var association: UInt64
  public var firstMissing: UInt64
  public var lastMissing: UInt64
  /// The first arrival of the number just below.
  public var before: FrameReference
  /// The first arrival of the number just above.
  public var after: FrameReference
  /// Why, where something speaks for it: `captureLossCause`; `nil`: not known.
  public var cause: String?
  /// A late frame may still heal it. Never in a finished run.
  public var provisional = false

  public init(
    association: UInt64, firstMissing: UInt64, lastMissing: UInt64, before: FrameReference,
    after: FrameReference
  ) {
    self.association = association
    self.firstMissing = firstMissing
    self.lastMissing = lastMissing
    self.before = before
    self.after = after
  }

  public var missing: UInt64 { lastMissing - firstMissing + 1 }
}

/// A frame whose number fits nothing before or after it.
public struct SuspectFrame: Sendable, Equatable {
  public var association: UInt64
  /// As on the wire: 32 bits.
  public var number: UInt32
  public var frame: FrameReference
  public init(association: UInt64, number: UInt32, frame: FrameReference) {
    (self.association, self.number, self.frame) = (association, number, frame)
  }
}

/// The identity of a plain flow, one-way.
public struct FlowKey: Sendable, Hashable, BitwiseCopyable {
  public var point: UInt16
  /// IP protocol number (6 TCP, 17 UDP).
  public var ipProtocol: UInt8
  public var source: IPAddress
  public var destination: IPAddress
  /// 0 where the protocol has no ports.
  public var sourcePort: UInt16
  public var destinationPort: UInt16

  public init(
    point: UInt16, ipProtocol: UInt8, source: IPAddress, destination: IPAddress,
    sourcePort: UInt16, destinationPort: UInt16
  ) {
    self.point = point
    self.ipProtocol = ipProtocol
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }
}

public struct FlowSummary: Sendable, Equatable {
  public var key: FlowKey
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  public var firstFrame = FrameReference(file: 0, frame: 0, time: nil)
  public init(key: FlowKey) { self.key = key }
}

/// Frames that could not be read, by layer and reason.
public struct MalformedSummary: Sendable, Equatable {
  public var layer: String
  public var reason: String
  public var count: UInt64
  public var firstFrame: FrameReference
  public init(layer: String, reason: String, count: UInt64, firstFrame: FrameReference) {
    (self.layer, self.reason, self.count) = (layer, reason, count)
    self.firstFrame = firstFrame
  }
}

/// What happened to one association in one interval of capture time.
///
/// A loss belongs to the bucket of the frame that revealed it, and healing takes it back there; so
/// the sums over the buckets of an association are its totals.
public struct TimeBucket: Sendable, Equatable {
  /// `AssociationSummary.id`.
  public var association: UInt64
  /// A multiple of the width since 1970; `nil` for frames without a time.
  public var start: Timestamp?
  public var packets: UInt64 = 0
  public var octets: UInt64 = 0
  public var lost: UInt64 = 0
  public var skipped: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var reordered: UInt64 = 0
  public var suspects: UInt64 = 0
  public init(association: UInt64, start: Timestamp?) {
    (self.association, self.start) = (association, start)
  }
}

/// An interval of a point in which the capture could not see.
public struct BlindInterval: Sendable, Equatable {
  public enum Reason: String, Sendable, CaseIterable {
    /// pcapng interface statistics say that frames were dropped.
    case interfaceStatistics
    /// A frame says that frames were dropped before it (pcapng `epb_dropcount`).
    case dropCount
    /// Frames of a live capture found no room in the ring.
    case ringFull
    /// The interface of a live capture was down, had no carrier or was not there.
    case interfaceDown
    /// A live capture was cut short, and this is the one that went on.
    case restart
  }
  /// Index into `AnalysisReport.points`.
  public var point: Int
  /// `nil`: since the start of the capture.
  public var start: Timestamp?
  /// `nil`: to its end.
  public var end: Timestamp?
  public var reason: Reason
  public var drops: UInt64
  public init(point: Int, start: Timestamp?, end: Timestamp?, reason: Reason, drops: UInt64) {
    (self.point, self.start, self.end) = (point, start, end)
    (self.reason, self.drops) = (reason, drops)
  }
}

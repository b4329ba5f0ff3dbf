/// A time in which so many unrelated associations of a point lost packets at once that the capture
/// itself is the likely one to have lost them. `docs/sequence-tracking.md` has the rule.
///
/// It rests on these numbers and on nothing else, so that it can be checked. It takes nothing from
/// `lost`, and is no blind interval: nobody counted a drop.
public struct CaptureLoss: Sendable, Equatable {
  /// Index into `AnalysisReport.points`.
  public var point: Int
  /// Between these two frames no association that lost something had a frame, nor did any begin or
  /// end there.
  public var start: Timestamp
  public var end: Timestamp
  /// Associations that lost packets all that time and, by their mean rate, would have had one.
  public var associations = 0
  /// Associations that, by their mean rate, would have had a packet in that time.
  public var activeAssociations = 0
  /// Different senders of `associations`: systems by their SCI, hosts by their source address.
  public var senders = 0
  /// Gaps that span the time, those of slower associations too: `cause` of each names this.
  public var gaps: UInt64 = 0
  /// Missing numbers in these gaps.
  public var lost: UInt64 = 0

  public init(point: Int, start: Timestamp, end: Timestamp) {
    (self.point, self.start, self.end) = (point, start, end)
  }

  /// The least number of `associations`, and of their `senders`.
  public static let leastSenders = 8
  /// The least part of `activeAssociations` that `associations` are.
  static let leastShare = (numerator: 3, denominator: 4)
  /// So often, at most, would chance alone bring about such a time in the whole capture, if
  /// associations lost packets independently of one another.
  static let mostByChance = 1e-6
  /// The first so many by time are found of each point, and the longest gaps of it are looked at.
  static let mostOfPoint = 1_000
  static let mostGapsOfPoint = 1 << 20
  /// At gaps and associations, of each point.
  static let mostLooks = 1 << 24
}

extension SequenceGap {
  /// `cause` of a gap that spans a `CaptureLoss` of its point.
  public static let captureLossCause = "captureLoss"
}

/// The capture losses of a run, to be asked which gaps they explain.
struct CaptureLossIndex: Sendable {
  /// Of one point, by start. They do not overlap.
  private var losses: [Int: [CaptureLoss]] = [:]

  init(_ losses: [CaptureLoss]) {
    self.losses = Dictionary(grouping: losses, by: \.point)
  }

  var isEmpty: Bool { losses.isEmpty }

  /// Whether the capture may have lost these numbers: none of its point was seen in some such time
  /// between the frames on both sides.
  func explains(_ gap: SequenceGap, point: Int) -> Bool {
    guard let losses = losses[point], let start = gap.before.time, let end = gap.after.time
    else { return false }
    let first = losses.partitioningIndex { $0.start >= start }
    return first < losses.count && losses[first].end <= end
  }
}

extension Array {
  /// The first index of which a condition holds that holds of all behind it too.
  package func partitioningIndex(_ holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

import PacketAnalysis

/// By what associations are sorted: the largest first, but times and names from the beginning.
public enum SortKey: String, CaseIterable, Sendable {
  /// The worst first: lost, then suspects, duplicates, reordered, packets.
  case lost
  case ratio
  case duplicates
  case reordered
  case suspects
  case skipped
  case gaps
  case packets
  case octets
  case duration
  /// By first frame, as in the JSON report.
  case first

  /// Those of `candidates`, which are indices into `associations`, in this order, at most `limit`;
  /// equals stay in their order.
  ///
  /// Of many associations only a screenful is shown: those are picked without sorting the rest.
  func order(
    _ associations: ReportRows<AssociationSummary>, among candidates: [Int], limit: Int?
  ) -> [Int] {
    var picker = Picker(by: self, limit: limit)
    for index in candidates { picker.offer(associations[index].counts, at: index) }
    return picker.indices
  }

  /// Picks the first `limit` in this order of associations that are offered one after the other.
  struct Picker {
    private let key: SortKey
    private let limit: Int
    /// Twice as many as are picked at most, or all.
    private var picked: [(rank: Rank, index: Int)] = []
    /// The last of those that were picked for now: what is not above it is none of them.
    private var bar: Rank?

    /// - Parameter limit: `nil`: all.
    init(by key: SortKey, limit: Int?) {
      self.key = key
      self.limit = max(0, limit ?? .max)
    }

    mutating func offer(_ association: borrowing AssociationCounts, at index: Int) {
      let rank = key.rank(association)
      if let bar, !(bar < rank) { return }
      picked.append((rank, index))
      if picked.count > limit, picked.count >= 2 * limit { settle() }
    }

    /// Those picked, the first first.
    var indices: [Int] {
      mutating get {
        settle()
        return picked.map(\.index)
      }
    }

    private mutating func settle() {
      picked.sort { $0.rank == $1.rank ? $0.index < $1.index : $1.rank < $0.rank }
      guard picked.count > limit else { return }
      picked.removeLast(picked.count - limit)
      bar = picked.last?.rank ?? Rank.highest
    }
  }

  /// Compared from the first to the last.
  fileprivate struct Rank: Comparable {
    var first: Double = 0
    var lost: UInt64 = 0
    var suspects: UInt64 = 0
    var duplicates: UInt64 = 0
    var reordered: UInt64 = 0
    var packets: UInt64 = 0

    static let highest = Rank(first: .infinity, lost: .max)

    static func < (a: Rank, b: Rank) -> Bool {
      if a.first != b.first { return a.first < b.first }
      return (a.lost, a.suspects, a.duplicates, a.reordered, a.packets)
        < (b.lost, b.suspects, b.duplicates, b.reordered, b.packets)
    }
  }

  fileprivate func rank(_ association: borrowing AssociationCounts) -> Rank {
    if self == .first { return Rank() }
    var rank = Rank()
    rank.lost = association.lost
    rank.suspects = association.suspects
    rank.duplicates = association.duplicates
    rank.reordered = association.reordered
    rank.packets = association.packets
    rank.first =
      switch self {
      case .lost, .first: 0
      case .ratio:
        association.lost == 0 ? 0 : Double(association.lost) / Double(association.expected)
      case .duplicates: Double(association.duplicates)
      case .reordered: Double(association.reordered)
      case .suspects: Double(association.suspects)
      case .skipped: Double(association.skipped)
      case .gaps: Double(association.gaps)
      case .packets: Double(association.packets)
      case .octets: Double(association.octets)
      case .duration: Double(association.durationNanoseconds ?? 0)
      }
    return rank
  }
}

extension AssociationCounts {
  /// From the smallest time to the largest; `nil` without times.
  var durationNanoseconds: UInt64? {
    guard let firstTime, let lastTime, lastTime >= firstTime else { return nil }
    return lastTime.nanoseconds(since: firstTime)
  }
}

extension Timestamp {
  /// `earlier` is not later than `self`; signed 64-bit times may lie further apart than `Int64`
  /// reaches.
  func nanoseconds(since earlier: Timestamp) -> UInt64 {
    UInt64(bitPattern: nanosecondsSinceEpoch &- earlier.nanosecondsSinceEpoch)
  }
}

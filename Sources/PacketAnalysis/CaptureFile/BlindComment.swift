/// A blind interval in a pcapng file, for which the format has no word: a comment at interface
/// statistics, which people can read and our reader understands.
///
///     gapscope: interfaceDown 1764255600123456789 1764255601123456789
///
/// Nanoseconds since 1970, in UTC. To other readers it is a comment like any other.
public struct BlindComment: Sendable, Equatable {
  public var reason: BlindInterval.Reason
  public var times: ClosedRange<Timestamp>

  public init(reason: BlindInterval.Reason, times: ClosedRange<Timestamp>) {
    (self.reason, self.times) = (reason, times)
  }

  private static let prefix = "gapscope: "
  private static let longestOctets = 128

  var text: String {
    "\(Self.prefix)\(reason.rawValue) \(times.lowerBound.nanosecondsSinceEpoch) "
      + "\(times.upperBound.nanosecondsSinceEpoch)"
  }

  /// `nil`: it is another comment.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let words = text.dropFirst(Self.prefix.count).split(separator: " ")
    guard words.count == 3, let reason = BlindInterval.Reason(rawValue: String(words[0])),
      let start = Int64(words[1]), let end = Int64(words[2]), start > .min, start <= end
    else { return nil }
    self.init(
      reason: reason,
      times: Timestamp(nanosecondsSinceEpoch: start)...Timestamp(nanosecondsSinceEpoch: end))
  }

  /// The first of the options of a block that is one.
  init?(of options: PcapngOptions, in block: RecordOctets) {
    for option in options where option.code == 1 && option.length <= Self.longestOctets {
      let text = block.string(at: option.offset, length: option.length)
      guard let comment = BlindComment(text) else { continue }
      self = comment
      return
    }
    return nil
  }
}

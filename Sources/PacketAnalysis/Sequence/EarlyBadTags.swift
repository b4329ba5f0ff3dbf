/// Illegal SecTAGs that name an association of which no frame has been seen yet: they are counted in
/// its first epoch, if there ever is one.
struct EarlyBadTags {
  private var counts: [CompactKey: UInt64] = [:]

  /// Anybody can send tags that name ever other associations: those of further ones are forgotten,
  /// and remain among the malformed frames.
  static let limit = 4_096

  var isEmpty: Bool { counts.isEmpty }

  mutating func count(_ key: CompactKey) {
    guard counts.count < Self.limit || counts[key] != nil else { return }
    counts[key, default: 0] += 1
  }

  /// How many there were; they are not given again.
  mutating func take(_ key: CompactKey) -> UInt64 { counts.removeValue(forKey: key) ?? 0 }
}

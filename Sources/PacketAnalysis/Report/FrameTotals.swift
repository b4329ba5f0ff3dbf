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

extension FrameTotals {
  mutating func count(_ frameClass: FrameClass, octets length: UInt32) {
    packets += 1
    octets += UInt64(length)
    switch frameClass {
    case .macsec: macsec += 1
    case .esp: esp += 1
    case .ah: ah += 1
    case .mka: mka += 1
    case .eapol: eapol += 1
    case .ike: ike += 1
    case .plain: plain += 1
    case .fragment: fragments += 1
    case .other: other += 1
    case .malformed: malformed += 1
    case .truncated: truncated += 1
    }
  }
}

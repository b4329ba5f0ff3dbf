/// What a frame is counted as: by its outermost protected header, once (`FrameTotals`).
public enum FrameClass: UInt8, Sendable, CaseIterable {
  case macsec
  case esp
  case ah
  case mka
  /// EAPOL other than MKA.
  case eapol
  case ike
  /// TCP/UDP flows and other IP.
  case plain
  /// A fragment other than the first.
  case fragment
  case other
  case malformed
  /// A header that did not fit in what was captured of a snapped frame.
  case truncated
}

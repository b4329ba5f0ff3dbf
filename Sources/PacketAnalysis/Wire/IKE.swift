/// Internet Key Exchange on its own port, where it has no marker in front (RFC 7296, 2). Recognised
/// and counted, not read.
enum IKE {
  static func decode(into frame: inout DecodedFrame) -> NextHeader {
    frame.classify(.ike)
    return .end
  }
}

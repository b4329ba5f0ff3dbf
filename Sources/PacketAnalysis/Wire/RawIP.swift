/// IP without a link layer: the version says which (LINKTYPE_RAW).
enum RawIP {
  static func decode(_ cursor: borrowing FrameCursor) throws(DecodeError) -> NextHeader {
    try cursor.rest.require(1, for: .ip)
    switch cursor.rest.octet(at: 0) >> 4 {
    case 4: return .etherType(0x0800)
    case 6: return .etherType(0x86DD)
    default: throw DecodeError(.unsupportedVersion, in: .ip)
    }
  }
}

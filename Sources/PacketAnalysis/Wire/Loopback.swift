/// BSD loopback: a 4-octet address family, in the byte order of the capturing machine
/// (LINKTYPE_NULL) or of the network (LINKTYPE_LOOP). Families are small numbers, so either order
/// can be told.
enum Loopback {
  static func decode(_ cursor: inout FrameCursor) throws(DecodeError) -> NextHeader {
    try cursor.rest.require(4, for: .loopback)
    let family = cursor.rest.bigEndian(at: 0, as: UInt32.self)
    cursor.skip(4)
    return switch min(family, family.byteSwapped) {
    case 2: .etherType(0x0800)  // AF_INET everywhere
    // AF_INET6 of Linux; NetBSD and OpenBSD; FreeBSD; Darwin
    case 10, 24, 28, 30: .etherType(0x86DD)
    default: .end
    }
  }
}

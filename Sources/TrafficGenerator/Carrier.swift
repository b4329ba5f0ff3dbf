/// What the frames of a flow carry.
enum Carrier: UInt8 {
  case macsec
  case esp
  case espInUDP
  case ah
  case tcp
  case udp

  var isMACsec: Bool { self == .macsec }
  var hasNumbers: Bool { self != .tcp && self != .udp }
}

import Foundation
public import PacketAnalysis

// Addresses by their octets in decimal, so that no notation matters.

public func text(_ address: IPAddress) -> String {
  let octets = (0..<(address.family == .ipv4 ? 4 : 16)).reversed().map {
    UInt8(truncatingIfNeeded: address.bits >> (8 * $0))
  }
  return octets.map(String.init).joined(separator: ".")
}

public func canonical(_ address: String) -> String {
  guard address.contains(":") else { return address }
  var octets = in6_addr()
  guard inet_pton(AF_INET6, address, &octets) == 1 else { return address }
  return withUnsafeBytes(of: octets) { $0.map { String($0) }.joined(separator: ".") }
}

internal import CPacketRing
import Glibc
public import PacketAnalysis

/// The interfaces of this machine.
public enum InterfaceList {
  /// In the order of the system.
  public static func all() -> [NetworkInterface] {
    let permission = permissionObstacle
    let addresses = addressesByName
    guard let query = try? InterfaceQuery() else { return [] }
    return names.compactMap { name in
      guard var interface = try? query.interface(named: name).interface else { return nil }
      interface.addresses = addresses[name] ?? []
      interface.obstacle = permission ?? obstacle(of: interface)
      return interface
    }
  }

  private static func obstacle(of interface: NetworkInterface) -> String? {
    if interface.linkType == nil {
      return "frames of hardware type \(interface.hardwareType) cannot be read"
    }
    return interface.state == .down ? "down: sudo ip link set \(interface.name) up" : nil
  }

  /// `nil`: this process may capture.
  private static var permissionObstacle: String? {
    let descriptor = gapscope_packet_socket()
    if descriptor >= 0 {
      close(descriptor)
      return nil
    }
    return errno == EPERM
      ? "needs CAP_NET_RAW: \(LiveCaptureError.grant)" : "no packet sockets here"
  }

  private static var names: [String] {
    // A list of the C library, which is given back whole.
    guard let list = unsafe if_nameindex() else { return [] }
    defer { unsafe if_freenameindex(list) }
    var names: [String] = []
    var next = unsafe list
    while unsafe next.pointee.if_index != 0, let name = unsafe next.pointee.if_name {
      names.append(unsafe String(cString: name))
      unsafe next += 1
    }
    return names
  }

  private static var addressesByName: [String: [IPAddress]] {
    var addresses: [String: [IPAddress]] = [:]
    var list: UnsafeMutablePointer<ifaddrs>?
    guard unsafe getifaddrs(&list) == 0 else { return [:] }
    defer { unsafe freeifaddrs(list) }
    var next = unsafe list
    while let entry = unsafe next?.pointee {
      if let address = unsafe address(entry.ifa_addr), let name = unsafe entry.ifa_name {
        addresses[unsafe String(cString: name), default: []].append(address)
      }
      unsafe next = unsafe entry.ifa_next
    }
    return addresses
  }

  private static func address(_ socketAddress: UnsafeMutablePointer<sockaddr>?) -> IPAddress? {
    guard let socketAddress = UnsafeRawPointer(socketAddress) else { return nil }
    switch unsafe Int32(socketAddress.loadUnaligned(as: sa_family_t.self)) {
    case AF_INET:
      let address = unsafe socketAddress.loadUnaligned(as: sockaddr_in.self)
      return IPAddress(ipv4: UInt32(bigEndian: address.sin_addr.s_addr))
    case AF_INET6:
      // The address begins 8 octets into the structure.
      let bits = unsafe socketAddress.loadUnaligned(fromByteOffset: 8, as: UInt128.self)
      return IPAddress(ipv6: UInt128(bigEndian: bits))
    default: return nil
    }
  }
}

internal import CPacketRing
import Glibc
public import PacketAnalysis

/// The interfaces of this machine.
public enum InterfaceList {
  /// In the order of the system.
  public static func all() -> [NetworkInterface] {
    let permission = permissionObstacle
    let addresses = addressesByName
    return names.compactMap { name in
      guard var interface = try? describe(name) else { return nil }
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

  static func describe(_ name: String) throws(LiveCaptureError) -> NetworkInterface {
    try kernelsView(of: name).interface
  }

  /// With the number by which the kernel knows it now.
  static func kernelsView(
    of name: String
  ) throws(LiveCaptureError) -> (interface: NetworkInterface, index: Int32) {
    var found = gapscope_interface()
    guard gapscope_interface_describe(name, &found) == 0 else {
      throw LiveCaptureError(name, operation: "look at it")
    }
    let state: NetworkInterface.State =
      gapscope_interface_is_up(&found) == 0
      ? .down : gapscope_interface_has_carrier(&found) == 0 ? .noCarrier : .up
    var interface = NetworkInterface(
      name: name, state: state, hardwareType: found.hardware_type, mtuOctets: found.mtu)
    interface.isLoopback = gapscope_interface_is_loopback(&found) != 0
    interface.linkType = linkType(ofHardware: found.hardware_type)
    let octets = found.hardware_address
    let address = [octets.0, octets.1, octets.2, octets.3, octets.4, octets.5]
      .reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    if address != 0, interface.linkType == .ethernet {
      interface.hardwareAddress = MACAddress(rawValue: address)
    }
    return (interface, found.index)
  }

  /// By `ARPHRD_...`; the loopback interface has Ethernet headers on Linux.
  private static func linkType(ofHardware type: UInt16) -> LinkType? {
    switch type {
    case 1, 772: .ethernet
    // None, raw IP, IPv4 and IPv6 tunnels, 6in4.
    case 0xFFFE, 519, 768, 769, 776: .raw
    default: nil
    }
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

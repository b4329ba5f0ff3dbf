internal import CPacketRing
import Glibc
import PacketAnalysis

/// What the kernel says of interfaces.
///
/// Who asks again and again keeps one: it holds the socket that is asked, and so does not fail where
/// the process has as many files open as it may.
final class InterfaceQuery {
  private let socket: Int32

  init() throws(LiveCaptureError) {
    socket = gapscope_query_socket()
    guard socket >= 0 else { throw LiveCaptureError("interfaces", operation: "look at them") }
  }

  deinit { close(socket) }

  /// With the number by which the kernel knows it now.
  func interface(
    named name: String
  ) throws(LiveCaptureError) -> (interface: NetworkInterface, index: Int32) {
    var found = gapscope_interface()
    guard gapscope_interface_describe(socket, name, &found) == 0 else {
      throw LiveCaptureError(name, operation: "look at it")
    }
    let state: NetworkInterface.State =
      gapscope_interface_is_up(&found) == 0
      ? .down : gapscope_interface_has_carrier(&found) == 0 ? .noCarrier : .up
    var interface = NetworkInterface(
      name: name, state: state, hardwareType: found.hardware_type, mtuOctets: found.mtu)
    interface.isLoopback = gapscope_interface_is_loopback(&found) != 0
    interface.linkType = Self.linkType(ofHardware: found.hardware_type)
    let octets = found.hardware_address
    let address = [octets.0, octets.1, octets.2, octets.3, octets.4, octets.5]
      .reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    if address != 0, interface.linkType == .ethernet {
      interface.hardwareAddress = MACAddress(rawValue: address)
    }
    return (interface, found.index)
  }

  /// What the interface with this number is called now; `nil` where there is none.
  func name(of index: Int32) -> String? {
    var name = [CChar](repeating: 0, count: 16)
    guard gapscope_interface_name(socket, index, &name) == 0 else { return nil }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
}

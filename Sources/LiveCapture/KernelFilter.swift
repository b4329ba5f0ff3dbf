internal import CPacketRing
internal import CPcap
import PacketAnalysis

/// Which frames of an interface are wanted.
public enum FrameDirection: String, Sendable, CaseIterable {
  /// Those that the interface received.
  case `in`
  /// Those that this machine sent.
  case out
  case both
}

/// A program that the kernel runs before a frame gets into the ring: direction, capture filter and
/// snap length in one.
///
/// libpcap compiles the filter for a live handle, as its own captures do. So it knows that the kernel
/// keeps the outermost VLAN tag beside the frame, and `vlan` looks there.
struct KernelFilter {
  private(set) var instructions: [sock_filter] = []

  /// Lets no frame pass.
  static let nothing = KernelFilter(instructions: [result(octets: 0)])

  private init(instructions: [sock_filter]) { self.instructions = instructions }

  /// - Parameter expression: in the language of pcap-filter(7).
  init(
    _ expression: String?, interface: NetworkInterface, direction: FrameDirection,
    snapLength: UInt32
  ) throws(LiveCaptureError) {
    if direction == .out { instructions += Self.outgoingOnly }
    if let expression {
      instructions += try Self.compile(expression, interface, snapLength: snapLength)
    } else {
      instructions.append(Self.result(octets: snapLength))
    }
  }

  /// Throws where libpcap does not understand the filter; needs no permission.
  static func check(_ expression: String) throws(LiveCaptureError) {
    guard let handle = pcap_open_dead(Int32(LinkType.ethernet.rawValue), 262_144) else { return }
    defer { pcap_close(handle) }
    _ = try compile(expression, with: handle)
  }

  private static func compile(
    _ expression: String, _ interface: NetworkInterface, snapLength: UInt32
  ) throws(LiveCaptureError) -> [sock_filter] {
    let name = interface.name
    guard let handle = pcap_create(name, nil) else {
      throw LiveCaptureError(name, operation: "compile the filter for it")
    }
    defer { pcap_close(handle) }
    pcap_set_snaplen(handle, Int32(clamping: snapLength))
    // Nothing is to be read from it.
    pcap_set_buffer_size(handle, 1 << 18)
    let status = pcap_activate(handle)
    guard status >= 0 else {
      if status == PCAP_ERROR_PERM_DENIED { throw LiveCaptureError(name, .notPermitted) }
      if status == PCAP_ERROR_NO_SUCH_DEVICE { throw LiveCaptureError(name, .noSuchInterface) }
      if status == PCAP_ERROR_IFACE_NOT_UP { throw LiveCaptureError(name, .isDown) }
      throw LiveCaptureError(
        name,
        .system(
          operation: "compile the filter for it", message: String(cString: pcap_geterr(handle))))
    }
    let expected = interface.linkType == .ethernet ? LinkType.ethernet : .dltRaw
    guard pcap_datalink(handle) == Int32(expected.rawValue) else {
      throw LiveCaptureError(
        name,
        .system(operation: "filter", message: "libpcap reads its frames in another form"))
    }
    return try compile(expression, with: handle)
  }

  private static func compile(
    _ expression: String, with handle: OpaquePointer
  ) throws(LiveCaptureError) -> [sock_filter] {
    var program = bpf_program()
    // The time that libpcap's optimizer takes grows with the cube of the length.
    let isOptimized: Int32 = expression.utf8.count <= mostOptimizedOctets ? 1 : 0
    // All ones: the netmask is not known.
    guard pcap_compile(handle, &program, expression, isOptimized, .max) == 0 else {
      throw LiveCaptureError(expression, .badFilter(String(cString: pcap_geterr(handle))))
    }
    defer { pcap_freecode(&program) }
    let count = Int(program.bf_len)
    guard count + outgoingOnly.count <= mostInstructions else {
      throw LiveCaptureError(
        expression, .longFilter(instructions: count, limit: mostInstructions))
    }
    return (0..<Int(program.bf_len)).map { index in
      let instruction = program.bf_insns[index]
      return sock_filter(
        code: instruction.code, jt: instruction.jt, jf: instruction.jf, k: instruction.k)
    }
  }

  /// More than where files are read: here each packet on the interface pays for what is not optimized.
  private static let mostOptimizedOctets = 8_192
  /// BPF_MAXINSNS of linux/bpf_common.h
  private static let mostInstructions = 4_096

  /// Loads the packet type; goes on where it is 4, PACKET_OUTGOING.
  private static let outgoingOnly = [
    // BPF_LD + BPF_W + BPF_ABS of SKF_AD_OFF + SKF_AD_PKTTYPE
    sock_filter(code: 0x20, jt: 0, jf: 0, k: UInt32(bitPattern: -0x1000 + 4)),
    // BPF_JMP + BPF_JEQ + BPF_K
    sock_filter(code: 0x15, jt: 1, jf: 0, k: 4),
    result(octets: 0),
  ]

  /// BPF_RET + BPF_K: so many octets of the frame.
  private static func result(octets: UInt32) -> sock_filter {
    sock_filter(code: 0x06, jt: 0, jf: 0, k: octets)
  }
}

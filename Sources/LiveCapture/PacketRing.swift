internal import CPacketRing
import Glibc
import PacketAnalysis

/// How much of an interface's traffic the kernel keeps until it is looked at.
public struct RingSize: Sendable, Equatable {
  public let blockOctets: UInt32
  public let blockCount: UInt32

  /// Blocks large enough for a frame of any length, and enough of them that the kernel always has one
  /// to fill.
  public init(mebibytes: Int) {
    let octets = min(max(mebibytes, 1), Self.largestMebibytes) << 20
    blockOctets = UInt32(min(max(octets / 32, 1 << 17), 1 << 20)).powerOfTwoBelow
    blockCount = UInt32(octets) / blockOctets
  }

  public static let largestMebibytes = 2_047
  var lengthOctets: Int { Int(blockOctets) * Int(blockCount) }
}

/// The ring that the kernel fills with the frames of one interface (packet(7), TPACKET_V3).
///
/// Its memory is shared with the kernel. A block belongs to the one or the other: it is ours from
/// `nextBlock` until `release`.
final class PacketRing: FrameSource {
  let socket: Int32
  private let isPromiscuous: Bool
  private let size: RingSize
  private let base: UnsafeMutableRawPointer
  private var position = 0

  /// A block that is not full is given over after so long.
  static let blockTimeoutMilliseconds: UInt32 = 50

  /// What is asked of the kernel.
  struct Request {
    var name: String
    var index: Int32
    var size: RingSize
    var filter: KernelFilter
    var ignoresOutgoing = false
    var isPromiscuous = false
  }

  /// No frame comes in before the filter is in its place.
  convenience init(_ request: Request) throws(LiveCaptureError) {
    try self.init(request, filter: request.filter, ignoresOutgoing: request.ignoresOutgoing)
  }

  /// Several rings of an interface, among which the program divides the frames.
  ///
  /// A frame that comes before the group is complete would be seen by a ring that is not in it yet,
  /// and by one that is: so all filters refuse it until then.
  static func group(
    of count: Int, _ request: Request, _ program: FanoutProgram
  ) throws(LiveCaptureError) -> [PacketRing] {
    var rings: [PacketRing] = []
    var group: UInt32 = 0
    for _ in 0..<count {
      // What the machine sends is left out by the group, of which the sockets are only parts.
      let ring = try PacketRing(request, filter: .nothing, ignoresOutgoing: false)
      guard
        gapscope_fanout_join(ring.socket, &group, request.ignoresOutgoing ? 1 : 0) == 0
      else {
        throw LiveCaptureError(request.name, operation: "divide its frames among rings")
      }
      rings.append(ring)
    }
    guard let first = rings.first, let length = UInt16(exactly: program.instructions.count),
      program.instructions.withUnsafeBufferPointer({
        gapscope_fanout_program(first.socket, $0.baseAddress, length)
      }) == 0
    else { throw LiveCaptureError(request.name, operation: "attach the fanout program to it") }
    for ring in rings { try attach(request.filter, to: ring.socket, of: request.name) }
    return rings
  }

  private init(
    _ request: Request, filter: KernelFilter, ignoresOutgoing: Bool
  ) throws(LiveCaptureError) {
    let (name, size) = (request.name, request.size)
    let socket = gapscope_packet_socket()
    guard socket >= 0 else { throw LiveCaptureError(name, operation: "open a packet socket") }
    var mapped: UnsafeMutableRawPointer?
    do throws(LiveCaptureError) {
      guard
        let ring = gapscope_ring_map(
          socket, size.blockOctets, size.blockCount, Self.blockTimeoutMilliseconds,
          RingBlockReader.reservedOctets)
      else {
        throw LiveCaptureError(name, operation: "get \(size.lengthOctets >> 20) MiB for its ring")
      }
      mapped = ring
      base = ring
      try Self.attach(filter, to: socket, of: name)
      if ignoresOutgoing, gapscope_ring_ignore_outgoing(socket) < 0 {
        throw LiveCaptureError(name, operation: "leave out what it sends (Linux 4.20)")
      }
      if request.isPromiscuous, gapscope_ring_promiscuous(socket, request.index) < 0 {
        throw LiveCaptureError(name, operation: "make it promiscuous")
      }
      if gapscope_ring_bind(socket, request.index) < 0 {
        throw LiveCaptureError(name, operation: "listen to it")
      }
    } catch {
      // The mapping alone would keep the socket and its memory.
      if let mapped { gapscope_ring_unmap(mapped, size.blockOctets, size.blockCount) }
      close(socket)
      throw error
    }
    (self.socket, self.size) = (socket, size)
    isPromiscuous = request.isPromiscuous
  }

  deinit {
    gapscope_ring_unmap(base, size.blockOctets, size.blockCount)
    close(socket)
  }

  var sockets: [Int32] { [socket] }

  var interfaceIndex: Int32? {
    let index = gapscope_ring_interface(socket)
    return index > 0 ? index : nil
  }

  /// A socket of a group stays where it is.
  func turn(to interface: Int32) -> Bool {
    if isPromiscuous, gapscope_ring_promiscuous(socket, interface) < 0 { return false }
    return gapscope_ring_bind(socket, interface) == 0
  }

  /// Analyzes a block.
  func analyzeNext(
    _ use: FrameUse, _ reader: inout RingBlockReader, grant: (Int) -> Int
  ) -> Int? {
    guard let block = nextBlock() else { return nil }
    let before = reader.statistics.packets
    use.analyzer.analyze(
      block, frameLimit: grant(RingBlockReader.frameCount(of: block)), reader: &reader,
      file: use.file, interfaces: use.interfaces)
    let count = Int(reader.statistics.packets - before)
    use.recorder?.take(block, frameLimit: count, interface: use.file)
    release()
    return count
  }

  /// The next block, if the kernel has given it over.
  private func nextBlock() -> UnsafeMutableRawBufferPointer? {
    let block = base + position * Int(size.blockOctets)
    guard gapscope_block_is_ready(block) != 0 else { return nil }
    return UnsafeMutableRawBufferPointer(start: block, count: Int(size.blockOctets))
  }

  /// Gives the block that `nextBlock` returned back to the kernel.
  private func release() {
    gapscope_block_release(base + position * Int(size.blockOctets))
    position = (position + 1) % Int(size.blockCount)
  }

  /// Since the last call: frames that passed the filter, and those of them that found no room.
  func statistics() -> (received: UInt64, dropped: UInt64) {
    var (received, dropped) = (0 as UInt32, 0 as UInt32)
    guard gapscope_ring_statistics(socket, &received, &dropped) == 0 else { return (0, 0) }
    return (UInt64(received), UInt64(dropped))
  }

  /// Whether the interface was down since the last call.
  var wasDown: Bool { gapscope_socket_error(socket) == ENETDOWN }

  /// From here on no frame comes in; those that did are still to be had.
  func refuseFrames() { try? Self.attach(.nothing, to: socket, of: "") }

  /// Takes the place of the filter, from the next frame on.
  func replaceFilter(by filter: KernelFilter, of name: String) throws(LiveCaptureError) {
    try Self.attach(filter, to: socket, of: name)
  }

  private static func attach(
    _ filter: KernelFilter, to socket: Int32, of name: String
  ) throws(LiveCaptureError) {
    let instructions = filter.instructions
    guard let count = UInt16(exactly: instructions.count),
      instructions.withUnsafeBufferPointer({
        gapscope_ring_filter(socket, $0.baseAddress, count)
      }) == 0
    else { throw LiveCaptureError(name, operation: "attach the filter to it") }
  }
}

extension UInt32 {
  fileprivate var powerOfTwoBelow: UInt32 { 1 << (31 - UInt32(leadingZeroBitCount)) }
}

internal import CPacketRing
import Glibc
import PacketAnalysis

/// The frames that an interface receives, in memory that a driver or the kernel fills (AF_XDP): one
/// socket for each receive queue, and a program that gives them the frames before the network stack
/// has them. The machine itself does not get them.
///
/// Frames have no time of the kernel: they get that at which they are taken.
final class XDPRing: FrameSource {
  private let index: Int32
  private let queues: [OpaquePointer]
  private let map: Int32
  /// Keeps the program at the interface; closed, it is gone.
  private var link: Int32
  /// Asks for all frames that pass, for as long as it is open; -1: nobody does.
  private let promiscuous: Int32
  private var turn = 0
  private var batch = FrameBatch()
  /// Memory that is allocated once.
  private let frames: UnsafeMutableBufferPointer<gapscope_frame>
  private var taken: UInt64 = 0
  private var known: (received: UInt64, dropped: UInt64) = (0, 0)

  /// What of a chunk of memory is left behind the headroom that the kernel keeps.
  private static let mostFrameOctets: UInt32 = 4_096 - 256
  /// Link header and VLAN tags.
  private static let headerOctets: UInt32 = 14 + 8
  private static let mostQueues: UInt32 = 64
  private static let chunkOctets = 4_096

  init(
    _ interface: NetworkInterface, index: Int32, _ options: LiveCaptureOptions
  ) throws(LiveCaptureError) {
    let name = interface.name
    guard interface.linkType == .ethernet else {
      throw LiveCaptureError(name, .unknownLinkType(hardwareType: interface.hardwareType))
    }
    let limit = Self.mostFrameOctets - Self.headerOctets
    if interface.mtuOctets > limit {
      throw LiveCaptureError(name, .tooLongForXDP(mtuOctets: interface.mtuOctets, limit: limit))
    }
    let map = gapscope_xdp_map(Self.mostQueues)
    guard map >= 0 else {
      throw Self.named(LiveCaptureError(name, operation: "make a map of sockets"))
    }
    var queues: [OpaquePointer] = []
    var (link, promiscuous) = (-1 as Int32, -1 as Int32)
    do throws(LiveCaptureError) {
      let chunks = UInt32(clamping: options.ringSize.lengthOctets / Self.chunkOctets)
      let count = UInt32(1) << (31 - UInt32(max(chunks, 64).leadingZeroBitCount))
      while UInt32(queues.count) < Self.mostQueues,
        let queue = gapscope_xdp_open(index, UInt32(queues.count), count)
      {
        let number = UInt32(queues.count)
        queues.append(queue)
        guard gapscope_xdp_enter(map, number, queue) == 0 else {
          throw LiveCaptureError(name, operation: "enter a socket in a map")
        }
      }
      // There is one queue at least; behind the last there is none.
      guard !queues.isEmpty else { throw LiveCaptureError(name, operation: "open an XDP socket") }
      if options.isPromiscuous {
        promiscuous = gapscope_packet_socket()
        guard promiscuous >= 0, gapscope_ring_promiscuous(promiscuous, index) == 0 else {
          throw LiveCaptureError(name, operation: "make it promiscuous")
        }
      }
      link = gapscope_xdp_attach(index, map)
      guard link >= 0 else {
        throw LiveCaptureError(name, operation: "attach an XDP program")
      }
    } catch {
      for queue in queues { gapscope_xdp_close(queue) }
      close(map)
      if promiscuous >= 0 { close(promiscuous) }
      throw Self.named(error)
    }
    (self.queues, self.map, self.link, self.promiscuous) = (queues, map, link, promiscuous)
    self.index = index
    frames = .allocate(capacity: FrameBatch.capacity)
  }

  private static func named(_ error: LiveCaptureError) -> LiveCaptureError {
    error.reason == .notPermitted ? LiveCaptureError(error.subject, .notPermittedXDP) : error
  }

  deinit {
    refuseFrames()
    for queue in queues { gapscope_xdp_close(queue) }
    close(map)
    if promiscuous >= 0 { close(promiscuous) }
    frames.deallocate()
  }

  var interfaceIndex: Int32? {
    // Without a link nobody looks any more.
    link < 0 || gapscope_xdp_interface(link) == index ? index : nil
  }

  var sockets: [Int32] { queues.map { gapscope_xdp_socket($0) } }

  /// Analyzes a batch of one queue; the queues take turns.
  func analyzeNext(
    _ use: FrameUse, _ reader: inout RingBlockReader, grant: (Int) -> Int
  ) -> Int? {
    for _ in queues {
      let queue = queues[turn]
      turn = (turn + 1) % queues.count
      let waiting = min(Int(gapscope_xdp_waiting(queue)), FrameBatch.capacity)
      guard waiting > 0 else { continue }
      let count = Int(gapscope_xdp_take(queue, frames.baseAddress, UInt32(grant(waiting))))
      let time = Timestamp.now
      batch.removeAll()
      for index in 0..<count {
        reader.append(
          UnsafeRawBufferPointer(start: frames[index].octets, count: Int(frames[index].length)),
          time: time, to: &batch)
      }
      use.analyzer.analyze(batch, file: use.file, interfaces: use.interfaces)
      use.recorder?.take(batch, interface: use.file)
      gapscope_xdp_give_back(queue)
      taken += UInt64(count)
      return count
    }
    return nil
  }

  func statistics() -> (received: UInt64, dropped: UInt64) {
    let dropped = queues.reduce(0) { $0 + gapscope_xdp_dropped($1) }
    let waiting = queues.reduce(0) { $0 + UInt64(gapscope_xdp_waiting($1)) }
    let received = taken + waiting + dropped
    defer { known = (received, dropped) }
    return (received - known.received, dropped - known.dropped)
  }

  var wasDown: Bool {
    queues.reduce(false) { gapscope_socket_error(gapscope_xdp_socket($1)) == ENETDOWN || $0 }
  }

  func refuseFrames() {
    if link >= 0 { close(link) }
    link = -1
  }

  func replaceFilter(by filter: KernelFilter, of name: String) throws(LiveCaptureError) {
    throw LiveCaptureError(
      name, .system(operation: "change its filter", message: "AF_XDP has none"))
  }
}

internal import CPacketRing
internal import CPcap
import Glibc
import PacketAnalysis

/// The frames of an interface as libpcap has them, for kernels that give no packet ring of ours: each
/// is copied once.
///
/// One of the few files with unsafe pointers: libpcap gives its frames so, and takes them back with
/// the next one.
final class LibpcapSource: FrameSource {
  private let handle: OpaquePointer
  private var sawError = false
  /// Frames that came later are not taken; `nil`: it has not come to an end.
  private var end: Timestamp?

  /// Copies of frames that wait to be analyzed, and which of them were.
  private let copies: UnsafeMutableRawBufferPointer
  private var held: [(offset: Int, length: Int, time: Timestamp)] = []
  private var analyzed = 0
  private var batch = FrameBatch()

  private var taken: UInt64 = 0
  private var dropped: UInt64 = 0
  private var known: (received: UInt64, dropped: UInt64) = (0, 0)
  /// As libpcap counts, in 32 bits.
  private var lastDropCount: UInt32 = 0

  /// Until a few frames are given too.
  private static let blockMilliseconds: Int32 = 100
  private static let longestFrameOctets = 262_144
  private static let copyOctets = 8 << 20

  init(_ interface: NetworkInterface, _ options: LiveCaptureOptions) throws(LiveCaptureError) {
    let name = interface.name
    guard let handle = pcap_create(name, nil) else {
      throw LiveCaptureError(name, operation: "open it with libpcap")
    }
    do throws(LiveCaptureError) {
      pcap_set_snaplen(handle, Int32(Self.longestFrameOctets))
      pcap_set_promisc(handle, options.isPromiscuous ? 1 : 0)
      pcap_set_buffer_size(handle, Int32(clamping: options.ringSize.lengthOctets))
      pcap_set_timeout(handle, Self.blockMilliseconds)
      pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
      let status = pcap_activate(handle)
      guard status >= 0 else { throw Self.refusal(status, handle, name) }
      var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
      guard pcap_setnonblock(handle, 1, &message) == 0 else {
        throw Self.problem("read without waiting", handle, name)
      }
      let direction: pcap_direction_t =
        switch options.direction {
        case .in: PCAP_D_IN
        case .out: PCAP_D_OUT
        case .both: PCAP_D_INOUT
        }
      if options.direction != .both, pcap_setdirection(handle, direction) != 0 {
        throw Self.problem("choose a direction", handle, name)
      }
      if options.filter != nil {
        let filter = try KernelFilter(
          options.filter, interface: interface, direction: .both, snapLength: options.snapLength)
        try Self.set(filter, handle, name)
      }
    } catch {
      pcap_close(handle)
      throw error
    }
    self.handle = handle
    copies = .allocate(byteCount: Self.copyOctets, alignment: 64)
  }

  deinit {
    pcap_close(handle)
    copies.deallocate()
  }

  var sockets: [Int32] { [pcap_get_selectable_fd(handle)] }

  var interfaceIndex: Int32? {
    let index = gapscope_ring_interface(pcap_get_selectable_fd(handle))
    return index > 0 ? index : nil
  }

  func analyzeNext(
    _ use: FrameUse, _ reader: inout RingBlockReader, grant: (Int) -> Int
  ) -> Int? {
    fetch()
    guard analyzed < held.count else { return nil }
    let count = grant(held.count - analyzed)
    batch.removeAll()
    for frame in held[analyzed..<analyzed + count] {
      reader.append(
        UnsafeRawBufferPointer(rebasing: copies[frame.offset..<frame.offset + frame.length]),
        time: frame.time, to: &batch)
    }
    use.analyzer.analyze(batch, file: use.file, interfaces: use.interfaces)
    use.recorder?.take(batch, interface: use.file)
    analyzed += count
    taken += UInt64(count)
    return count
  }

  /// Copies what libpcap has, where all that was copied before is analyzed.
  private func fetch() {
    guard analyzed == held.count else { return }
    held.removeAll(keepingCapacity: true)
    analyzed = 0
    let fractionNanoseconds: Int64 =
      pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1_000
    var used = 0
    while held.count < FrameBatch.capacity, copies.count - used >= Self.longestFrameOctets {
      var header: UnsafeMutablePointer<pcap_pkthdr>?
      var octets: UnsafePointer<UInt8>?
      let status = pcap_next_ex(handle, &header, &octets)
      if status < 0 { sawError = true }
      guard status == 1, let header, let octets else { break }
      let stamp = header.pointee.ts
      let time = Timestamp(
        nanosecondsSinceEpoch: Int64(stamp.tv_sec) * 1_000_000_000
          + Int64(stamp.tv_usec) * fractionNanoseconds)
      if let end, time > end { break }
      let length = min(Int(header.pointee.caplen), Self.longestFrameOctets)
      UnsafeMutableRawBufferPointer(rebasing: copies[used..<used + length]).copyMemory(
        from: UnsafeRawBufferPointer(start: octets, count: length))
      held.append((used, length, time))
      used += length
    }
  }

  func statistics() -> (received: UInt64, dropped: UInt64) {
    fetch()
    var counts = pcap_stat()
    if pcap_stats(handle, &counts) == 0 {
      dropped += UInt64(counts.ps_drop &- lastDropCount)
      lastDropCount = counts.ps_drop
    }
    let received = taken + UInt64(held.count - analyzed) + dropped
    defer { known = (received, dropped) }
    return (received - known.received, dropped - known.dropped)
  }

  /// Of those that libpcap has, only the next ones.
  var waiting: UInt64? {
    fetch()
    return UInt64(held.count - analyzed)
  }

  var wasDown: Bool {
    defer { sawError = false }
    return sawError
  }

  /// The kernel gives what came last when libpcap's time for a block is over.
  func refuseFrames() {
    guard end == nil else { return }
    end = .now
    usleep(2 * UInt32(Self.blockMilliseconds) * 1_000)
  }

  func replaceFilter(by filter: KernelFilter, of name: String) throws(LiveCaptureError) {
    try Self.set(filter, handle, name)
  }

  private static func set(
    _ filter: KernelFilter, _ handle: OpaquePointer, _ name: String
  ) throws(LiveCaptureError) {
    var instructions = filter.instructions.map {
      bpf_insn(code: $0.code, jt: $0.jt, jf: $0.jf, k: $0.k)
    }
    let status = instructions.withUnsafeMutableBufferPointer { buffer in
      var program = bpf_program(bf_len: UInt32(buffer.count), bf_insns: buffer.baseAddress)
      return pcap_setfilter(handle, &program)
    }
    guard status == 0 else { throw problem("filter", handle, name) }
  }

  private static func problem(
    _ operation: String, _ handle: OpaquePointer, _ name: String
  ) -> LiveCaptureError {
    LiveCaptureError(
      name, .system(operation: operation, message: String(cString: pcap_geterr(handle))))
  }

  private static func refusal(
    _ status: Int32, _ handle: OpaquePointer, _ name: String
  ) -> LiveCaptureError {
    switch status {
    case PCAP_ERROR_PERM_DENIED: LiveCaptureError(name, .notPermitted)
    case PCAP_ERROR_NO_SUCH_DEVICE: LiveCaptureError(name, .noSuchInterface)
    case PCAP_ERROR_IFACE_NOT_UP: LiveCaptureError(name, .isDown)
    default: problem("open it with libpcap", handle, name)
    }
  }
}

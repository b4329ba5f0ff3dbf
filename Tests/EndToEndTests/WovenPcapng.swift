import CaptureTestSupport

/// The frames of a pcap file as a pcapng file, in which other things are said between them.
struct WovenPcapng {
  enum Thread: CaseIterable {
    /// Several interfaces, which frames come from in turn.
    case interfaces
    /// Interfaces that are described between the frames.
    case laterInterfaces
    case sections
    case bigEndian
    /// Counters of drops that rise, stay and are reset, and intervals in which nothing was seen.
    case statistics
    case finalStatistics
    /// Options of frames: comments, flags.
    case options
    case dropCounts
    /// Simple Packet Blocks, which have no time.
    case simplePackets
    /// The obsolete Packet Blocks, with drop counts in some.
    case oldPackets
    /// Blocks that nobody knows, some longer than a part.
    case unknownBlocks
    case timeSteps
    /// Times at both ends of what can be said.
    case farTimes
    case snapped
  }

  private var writer: CaptureWriter
  private let threads: Set<Thread>
  private var random: SplitMix64
  /// Of the section.
  private var resolutions: [UInt8] = []
  private var drops: [UInt64] = []
  /// Of the frame that is next, in microseconds.
  private var time: UInt64 = 0

  var octets: [UInt8] { writer.octets }

  init(_ capture: [UInt8], _ threads: Set<Thread>, seed: UInt64) {
    self.threads = threads
    random = SplitMix64(seed: seed)
    writer = CaptureWriter(isBigEndian: threads.contains(.bigEndian))
    beginSection()
    for record in SplitCapture(capture).records { append(record) }
    if threads.contains(.finalStatistics) {
      for interface in resolutions.indices { appendStatistics(interface) }
    }
  }

  private mutating func chance(_ thread: Thread, oneIn count: Int) -> Bool {
    threads.contains(thread) && Int.random(in: 0..<count, using: &random) == 0
  }

  private mutating func beginSection() {
    writer.section()
    (resolutions, drops) = ([], [])
    for _ in 0..<(threads.contains(.interfaces) ? 3 : 1) { describeInterface() }
  }

  private mutating func describeInterface() {
    let resolution: UInt8 =
      threads.contains(.interfaces) ? [6, 9, 3, 0x94].randomElement(using: &random) ?? 6 : 6
    let snapLength: UInt32 = threads.contains(.snapped) ? 70 : 0
    let name = Bool.random(using: &random) ? "eth\(Int.random(in: 0...2, using: &random))" : nil
    let isFar = chance(.farTimes, oneIn: 2)
    writer.interface(snapLength: snapLength) {
      if let name { $0.option(2, Array(name.utf8)) }
      $0.option(9, [resolution])
      if isFar { $0.option(14, UInt64(bitPattern: -3_000_000_000)) }
    }
    resolutions.append(resolution)
    drops.append(0)
  }

  private mutating func append(_ record: ArraySlice<UInt8>) {
    func field(_ offset: Int) -> UInt64 {
      (0..<4).reduce(0) { $0 | UInt64(record[record.startIndex + offset + $1]) << (8 * $1) }
    }
    time = field(0) * 1_000_000 + field(4)
    if chance(.timeSteps, oneIn: 20) { time -= 5_000_000 }
    if chance(.sections, oneIn: 500) {
      if Bool.random(using: &random) { writer.isBigEndian.toggle() }
      beginSection()
    }
    if chance(.laterInterfaces, oneIn: 400) { describeInterface() }
    if chance(.statistics, oneIn: 30) {
      appendStatistics(Int.random(in: resolutions.indices, using: &random))
    }
    if chance(.unknownBlocks, oneIn: 60) {
      let length = Int.random(
        in: 0...(chance(.unknownBlocks, oneIn: 20) ? 20_000 : 40), using: &random)
      writer.block(0xBAD) { $0.octets += [UInt8](repeating: 6, count: length) }
    }
    appendFrame(Array(record.dropFirst(16)))
  }

  private mutating func appendFrame(_ frame: [UInt8]) {
    let interface = Int.random(in: resolutions.indices, using: &random)
    var payload = frame
    if chance(.snapped, oneIn: 3) { payload = Array(frame.prefix(70)) }
    if chance(.simplePackets, oneIn: 6) {
      return writer.simplePacket(original: UInt32(frame.count), payload: payload)
    }
    var ticks = ticks(interface)
    if chance(.farTimes, oneIn: 10) {
      ticks = [0, 1, .max, .max / 2].randomElement(using: &random) ?? 0
    }
    if chance(.oldPackets, oneIn: 4) {
      let count: UInt16 = [.max, .max, 0, 3].randomElement(using: &random) ?? 0
      return writer.packet(
        interface: UInt16(interface), drops: count, ticks: ticks, payload: payload)
    }
    let count: UInt64? =
      chance(.dropCounts, oneIn: 20) ? [0, 1, 2, .max].randomElement(using: &random) : nil
    let isCommented = chance(.options, oneIn: 3)
    writer.enhancedPacket(
      interface: UInt32(interface), ticks: ticks, payload: payload, original: UInt32(frame.count)
    ) {
      if isCommented {
        $0.option(1, Array("seen".utf8))
        $0.option(2, [0, 0, 0, 1])
      }
      if let count { $0.option(4, count) }
      if isCommented { $0.option(0, []) }
    }
  }

  private func ticks(_ interface: Int) -> UInt64 {
    switch resolutions[interface] {
    case 3: time / 1_000
    case 9: time * 1_000
    case 0x94: time / 1_000_000 << 20  // 2^-20 s
    default: time
    }
  }

  private mutating func appendStatistics(_ interface: Int) {
    let action = Int.random(in: 0..<5, using: &random)
    if action == 0 { drops[interface] = 0 }
    if action > 2 { drops[interface] += UInt64(action) }
    let (count, ticks) = (drops[interface], ticks(interface))
    let start = time * 1_000
    writer.statistics(interface: UInt32(interface), ticks: ticks) {
      if action == 1 {
        $0.option(1, Array("gapscope: interfaceDown \(start - 5_000) \(start)".utf8))
      }
      if action != 2 {
        $0.option(2, ticks > 500 ? ticks - 500 : 0)
        $0.option(5, count)
      }
    }
  }
}

/// Plain flows by 5-tuple: packets, octets and times.
///
/// A hash table of indices into records, open addressing with linear probing, at most half full: a
/// plain packet costs a hash and, mostly, two cache lines.
struct FlowTable: ~Copyable {
  private var flows: RecordArray<Flow>
  /// Index of a flow + 1; 0: empty. The capacity is a power of two.
  private var slots: RecordArray<UInt32>
  private let hasher: KeyHasher
  /// So many are told apart.
  private let limit: Int
  /// Frames of others.
  private(set) var leftOut = GivenUp.Frames()

  // Not private: the compiler (Swift 6.3.1) looks for its metadata from other files.
  struct Flow: BitwiseCopyable {
    let key: FlowKey
    var hash: UInt32
    var packets: UInt64 = 0
    var octets: UInt64 = 0
    var firstTime = Timestamp.absent
    var lastTime = Timestamp.absent
    /// Of the frame that was read first.
    var firstPlace: FramePlace
    let firstPlaceTime: Timestamp

    mutating func spanTimes(to time: Timestamp) {
      guard time != .absent else { return }
      if firstTime == .absent || time < firstTime { firstTime = time }
      if lastTime == .absent || time > lastTime { lastTime = time }
    }

    /// As it is in the table of the part before.
    func moved(by frames: UInt64, hash: UInt32) -> Flow {
      var flow = self
      flow.hash = hash
      flow.firstPlace = firstPlace.moved(by: frames)
      return flow
    }
  }

  init(limit: Int = .max) {
    self.limit = limit
    flows = RecordArray()
    slots = RecordArray()
    hasher = KeyHasher()
    slots.append(count: 1 << 8, of: 0)
  }

  init(copying other: borrowing FlowTable) {
    flows = RecordArray(copying: other.flows)
    slots = RecordArray(copying: other.slots)
    (hasher, limit, leftOut) = (other.hasher, other.limit, other.leftOut)
  }

  /// Asks for a flow that will soon be counted.
  func prefetch(_ key: FlowKey) {
    let index = slots[Int(hash(key)) & (slots.count - 1)]
    if index != 0 { flows.prefetch(Int(index) - 1) }
  }

  mutating func count(_ key: FlowKey, octets: UInt32, time: Timestamp, place: FramePlace) {
    let hash = hash(key)
    let index: Int
    if let known = find(key, hash) {
      index = known
    } else if flows.count < limit {
      index = add(Flow(key: key, hash: hash, firstPlace: place, firstPlaceTime: time))
    } else {
      return leftOut.add(octets: octets)
    }
    flows[index].packets += 1
    flows[index].octets += UInt64(octets)
    flows[index].spanTimes(to: time)
  }

  /// Whether those of a later part are no more than the limit allows, together with these.
  func hasRoom(for part: borrowing FlowTable) -> Bool {
    part.flows.count <= limit - min(limit, flows.count)
  }

  /// Adds the flows of a later part of the file, before which come `framesBefore` frames.
  mutating func append(_ part: borrowing FlowTable, framesBefore: UInt64) {
    for other in 0..<part.flows.count {
      let flow = part.flows[other]
      let hash = hash(flow.key)
      guard let index = find(flow.key, hash) else {
        _ = add(flow.moved(by: framesBefore, hash: hash))
        continue
      }
      flows[index].packets += flow.packets
      flows[index].octets += flow.octets
      flows[index].spanTimes(to: flow.firstTime)
      flows[index].spanTimes(to: flow.lastTime)
    }
  }

  /// Adds what another part of the capture, read after this one, has of a flow.
  mutating func add(_ summary: FlowSummary) {
    let hash = hash(summary.key)
    let first = summary.firstFrame
    let index =
      find(summary.key, hash)
      ?? add(
        Flow(
          key: summary.key, hash: hash,
          firstPlace: FramePlace(file: first.file, frame: first.frame),
          firstPlaceTime: first.time ?? .absent))
    flows[index].packets += summary.packets
    flows[index].octets += summary.octets
    flows[index].spanTimes(to: summary.firstTime ?? .absent)
    flows[index].spanTimes(to: summary.lastTime ?? .absent)
  }

  /// By first frame.
  var summaries: [FlowSummary] {
    let order = (0..<flows.count).sorted {
      flows[$0].firstPlace.precedes(flows[$1].firstPlace)
    }
    return order.map { index in
      let flow = flows[index]
      var summary = FlowSummary(key: flow.key)
      summary.packets = flow.packets
      summary.octets = flow.octets
      summary.firstTime = flow.firstTime.known
      summary.lastTime = flow.lastTime.known
      summary.firstFrame = flow.firstPlace.reference(at: flow.firstPlaceTime)
      return summary
    }
  }

  // MARK: Slots

  private func find(_ key: FlowKey, _ hash: UInt32) -> Int? {
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if flows[index].hash == hash, flows[index].key == key { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func add(_ flow: Flow) -> Int {
    let index = flows.append(flow)
    if 2 * flows.count > slots.count {
      // Twice as long, and filled anew.
      slots.append(count: slots.count, of: 0)
      for slot in 0..<slots.count { slots[slot] = 0 }
      for index in 0..<flows.count { enter(index) }
    } else {
      enter(index)
    }
    return index
  }

  private mutating func enter(_ index: Int) {
    var slot = Int(flows[index].hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(index + 1)
  }

  /// Both addresses, then ports, protocol and point: each word is mixed in by a product.
  private func hash(_ key: FlowKey) -> UInt32 {
    let ports = UInt64(key.sourcePort) << 16 | UInt64(key.destinationPort)
    let rest = ports << 32 | UInt64(key.ipProtocol) << 16 | UInt64(key.point)
    let source = fold(key.source.bits)
    let destination = fold(key.destination.bits)
    let addresses = hasher.hash(source, channelWord: destination)
    return hasher.hash(UInt64(addresses) << 32 ^ rest, channelWord: rest &+ source)
  }

  private func fold(_ bits: UInt128) -> UInt64 {
    let (high, low) = (UInt64(truncatingIfNeeded: bits >> 64), UInt64(truncatingIfNeeded: bits))
    return high == 0 ? low : UInt64(hasher.hash(high, channelWord: low)) << 32 ^ low
  }
}

/// Plain flows by 5-tuple: packets, octets and times.
///
/// A hash table of indices into records of one cache line, open addressing with linear probing, at most
/// half full: a plain packet costs a hash and, mostly, two cache lines.
struct FlowTable: ~Copyable {
  private var flows: RecordArray<Flow>
  /// Index of a flow + 1; 0: empty. The capacity is a power of two.
  private var slots: RecordArray<UInt32>
  private var pairs = AddressPairs()
  private let hasher: KeyHasher
  /// So many are told apart.
  private let limit: Int
  /// Frames of others.
  private(set) var leftOut = GivenUp.Frames()

  // Not private: the compiler (Swift 6.3.1) looks for its metadata from other files.
  struct Flow: BitwiseCopyable {
    let key: CompactFlowKey
    var packets: UInt64 = 0
    var octets: UInt64 = 0
    var firstTime = Timestamp.absent
    var lastTime = Timestamp.absent
    /// Of the frame that was read first.
    let firstPlace: FramePlace
    let firstPlaceTime: Timestamp

    mutating func spanTimes(to time: Timestamp) {
      guard time != .absent else { return }
      if firstTime == .absent || time < firstTime { firstTime = time }
      if lastTime == .absent || time > lastTime { lastTime = time }
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
    (pairs, hasher, limit, leftOut) = (other.pairs, other.hasher, other.limit, other.leftOut)
  }

  /// Asks for a flow that will soon be counted, and returns a hint where it is; 0: unknown.
  @inline(__always)
  func prefetch(_ key: CompactFlowKey) -> UInt32 {
    let hint = slots[home(of: key)]
    if hint != 0 { flows.prefetch(Int(hint) - 1) }
    return hint
  }

  /// Counts a packet of any flow.
  mutating func count(_ key: FlowKey, octets: UInt32, time: Timestamp, place: FramePlace) {
    guard flows.count < limit || pairs.known(key) != nil else {
      return leftOut.add(octets: octets)
    }
    count(pairs.compact(key), octets: octets, time: time, place: place)
  }

  /// - Parameter hint: what `prefetch` said of this flow, or of any other.
  mutating func count(
    _ key: CompactFlowKey, hint: UInt32 = 0, octets: UInt32, time: Timestamp, place: FramePlace
  ) {
    let index: Int
    let likely = Int(hint) - 1
    if likely >= 0, likely < flows.count, flows[likely].key == key {
      index = likely
    } else if let known = find(key) {
      index = known
    } else if flows.count < limit {
      index = add(Flow(key: key, firstPlace: place, firstPlaceTime: time))
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
      let key = flow.key.isIPv4 ? flow.key : pairs.compact(part.pairs.whole(flow.key))
      add(flow, as: key, firstPlace: flow.firstPlace.moved(by: framesBefore))
    }
  }

  /// Adds what another part of the capture, read after this one, has of a flow.
  mutating func add(_ summary: FlowSummary) {
    let key = pairs.compact(summary.key)
    let first = summary.firstFrame
    var flow = Flow(
      key: key, firstPlace: FramePlace(file: first.file, frame: first.frame),
      firstPlaceTime: first.time ?? .absent)
    (flow.packets, flow.octets) = (summary.packets, summary.octets)
    flow.firstTime = summary.firstTime ?? .absent
    flow.lastTime = summary.lastTime ?? .absent
    add(flow, as: key, firstPlace: flow.firstPlace)
  }

  /// Adds the counts of frames that came later.
  private mutating func add(_ later: Flow, as key: CompactFlowKey, firstPlace: FramePlace) {
    let index =
      find(key)
      ?? add(Flow(key: key, firstPlace: firstPlace, firstPlaceTime: later.firstPlaceTime))
    flows[index].packets += later.packets
    flows[index].octets += later.octets
    flows[index].spanTimes(to: later.firstTime)
    flows[index].spanTimes(to: later.lastTime)
  }

  /// By first frame.
  var summaries: [FlowSummary] {
    let order = (0..<flows.count).sorted {
      flows[$0].firstPlace.precedes(flows[$1].firstPlace)
    }
    return order.map { index in
      let flow = flows[index]
      var summary = FlowSummary(key: pairs.whole(flow.key))
      summary.packets = flow.packets
      summary.octets = flow.octets
      summary.firstTime = flow.firstTime.known
      summary.lastTime = flow.lastTime.known
      summary.firstFrame = flow.firstPlace.reference(at: flow.firstPlaceTime)
      return summary
    }
  }

  // MARK: Slots

  /// Where a key has its slot, or the first of those before it that others took.
  @inline(__always)
  private func home(of key: CompactFlowKey) -> Int {
    Int(hasher.hash(key.first, channelWord: key.second)) & (slots.count - 1)
  }

  private func find(_ key: CompactFlowKey) -> Int? {
    var slot = home(of: key)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if flows[index].key == key { return index }
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
    var slot = home(of: flows[index].key)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(index + 1)
  }
}

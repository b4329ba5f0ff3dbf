/// Plain flows by 5-tuple: packets, octets and times.
///
/// A plain packet costs a hash and, mostly, two cache lines: one of an index, and that of its flow.
struct FlowTable: ~Copyable {
  private var flows: RecordArray<Flow>
  private var index: KeyIndex
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
    index = KeyIndex()
    hasher = KeyHasher()
  }

  init(copying other: borrowing FlowTable) {
    flows = RecordArray(copying: other.flows)
    index = KeyIndex(copying: other.index)
    (pairs, hasher, limit, leftOut) = (other.pairs, other.hasher, other.limit, other.leftOut)
  }

  /// Asks for what says where a flow is, and returns what `locate` needs.
  @inline(__always)
  func expect(_ key: CompactFlowKey) -> UInt32 {
    let hash = hasher.hash(key)
    index.expect(hash)
    return hash
  }

  /// `locate` in two steps, and where what it asks for is: for whoever chooses between associations and
  /// flows.
  @inline(__always)
  func bucket(of expected: UInt32) -> UnsafePointer<KeyIndex.Bucket> { index.bucket(of: expected) }
  @inline(__always)
  func address(at index: UInt32) -> UnsafeRawPointer { flows.address(at: Int(index)) }

  /// Asks for a flow that is expected, and returns its index, as far as the index can tell.
  @inline(__always)
  func locate(_ expected: UInt32) -> UInt32 {
    let located = index.locate(expected)
    flows.prefetch(Int(located))
    return located
  }

  /// Counts a packet of any flow.
  mutating func count(_ key: FlowKey, octets: UInt32, time: Timestamp, place: FramePlace) {
    guard flows.count < limit || pairs.known(key) != nil else {
      return leftOut.add(octets: octets)
    }
    count(pairs.compact(key), octets: octets, time: time, place: place)
  }

  /// - Parameter hint: what `locate` said of this flow, or of any other.
  mutating func count(
    _ key: CompactFlowKey, hint: UInt32 = 0, octets: UInt32, time: Timestamp, place: FramePlace
  ) {
    let index: Int
    if Int(hint) < flows.count, flows[Int(hint)].key == key {
      index = Int(hint)
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

  // MARK: Finding

  private func find(_ key: CompactFlowKey) -> Int? {
    index.find(hasher.hash(key)) { flows[$0].key == key }
  }

  private mutating func add(_ flow: Flow) -> Int {
    let place = flows.append(flow)
    index.add { hasher.hash(flows[$0].key) }
    return place
  }
}

extension KeyHasher {
  @inline(__always)
  fileprivate func hash(_ key: CompactFlowKey) -> UInt32 {
    hash(key.first, channelWord: key.second)
  }
}

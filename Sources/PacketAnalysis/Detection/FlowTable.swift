/// Plain flows by 5-tuple: packets, octets and times.
struct FlowTable {
  private var indices: [FlowKey: Int] = [:]
  private var flows: [Flow] = []

  private struct Flow {
    let key: FlowKey
    var packets: UInt64 = 0
    var octets: UInt64 = 0
    var firstTime = Timestamp.absent
    var lastTime = Timestamp.absent
    /// Of the frame that was read first.
    let firstPlace: FramePlace
    let firstPlaceTime: Timestamp

    mutating func span(_ time: Timestamp) {
      if firstTime == .absent || time < firstTime { firstTime = time }
      if lastTime == .absent || time > lastTime { lastTime = time }
    }
  }

  mutating func count(_ key: FlowKey, octets: UInt32, time: Timestamp, place: FramePlace) {
    let index = index(of: key, time: time, place: place)
    flows[index].packets += 1
    flows[index].octets += UInt64(octets)
    if time != .absent { flows[index].span(time) }
  }

  /// Adds what another part of the capture, read after this one, has of a flow.
  mutating func add(_ summary: FlowSummary) {
    let first = summary.firstFrame
    let place = FramePlace(file: first.file, frame: first.frame)
    let index = index(of: summary.key, time: first.time ?? .absent, place: place)
    flows[index].packets += summary.packets
    flows[index].octets += summary.octets
    for time in [summary.firstTime, summary.lastTime].compactMap(\.self) {
      flows[index].span(time)
    }
  }

  private mutating func index(of key: FlowKey, time: Timestamp, place: FramePlace) -> Int {
    if let known = indices[key] { return known }
    indices[key] = flows.count
    flows.append(Flow(key: key, firstPlace: place, firstPlaceTime: time))
    return flows.count - 1
  }

  /// By first frame.
  var summaries: [FlowSummary] {
    flows.sorted { $0.firstPlace.precedes($1.firstPlace) }.map { flow in
      var summary = FlowSummary(key: flow.key)
      summary.packets = flow.packets
      summary.octets = flow.octets
      summary.firstTime = flow.firstTime.known
      summary.lastTime = flow.lastTime.known
      summary.firstFrame = flow.firstPlace.reference(at: flow.firstPlaceTime)
      return summary
    }
  }
}

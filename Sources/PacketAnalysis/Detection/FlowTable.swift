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
    private(set) var firstPlace: FramePlace
    let firstPlaceTime: Timestamp

    init(key: FlowKey, firstPlace: FramePlace, firstPlaceTime: Timestamp) {
      (self.key, self.firstPlace, self.firstPlaceTime) = (key, firstPlace, firstPlaceTime)
    }

    mutating func spanTimes(to time: Timestamp) {
      guard time != .absent else { return }
      if firstTime == .absent || time < firstTime { firstTime = time }
      if lastTime == .absent || time > lastTime { lastTime = time }
    }

    func moved(by frames: UInt64) -> Flow {
      var flow = self
      flow.firstPlace = firstPlace.moved(by: frames)
      return flow
    }
  }

  mutating func count(_ key: FlowKey, octets: UInt32, time: Timestamp, place: FramePlace) {
    let index: Int
    if let known = indices[key] {
      index = known
    } else {
      index = flows.count
      indices[key] = index
      flows.append(Flow(key: key, firstPlace: place, firstPlaceTime: time))
    }
    flows[index].packets += 1
    flows[index].octets += UInt64(octets)
    flows[index].spanTimes(to: time)
  }

  /// Adds the flows of a later part of the file, before which come `framesBefore` frames.
  mutating func append(_ part: FlowTable, framesBefore: UInt64) {
    for flow in part.flows {
      guard let index = indices[flow.key] else {
        indices[flow.key] = flows.count
        flows.append(flow.moved(by: framesBefore))
        continue
      }
      flows[index].packets += flow.packets
      flows[index].octets += flow.octets
      flows[index].spanTimes(to: flow.firstTime)
      flows[index].spanTimes(to: flow.lastTime)
    }
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

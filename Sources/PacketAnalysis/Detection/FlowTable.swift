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
    guard time != .absent else { return }
    if flows[index].firstTime == .absent || time < flows[index].firstTime {
      flows[index].firstTime = time
    }
    if flows[index].lastTime == .absent || time > flows[index].lastTime {
      flows[index].lastTime = time
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

package import PacketAnalysis

// What a report and the API say in the same words: members of an object, without its braces.

extension OutputBuffer {
  package mutating func append(membersOf totals: FrameTotals) {
    for (index, field) in FrameTotals.fields.enumerated() {
      append(index == 0 ? "\"" : ",\"")
      append(text: field.name)
      append("\":")
      append(totals[keyPath: field.path])
    }
  }

  /// But for its names, in front of them.
  package mutating func append(furtherMembersOf capture: CaptureSummary) {
    field("packets", capture.packets)
    field("octets", capture.octets)
    field("firstTime", capture.firstTime)
    field("lastTime", capture.lastTime)
    field("damaged")
    if let damage = capture.damaged {
      append("{\"offset\":")
      append(damage.offset)
      field("reason")
      append(jsonString: damage.reason)
      append(octet: 0x7D)
    } else {
      append("null")
    }
    field("capturedDrops", capture.capturedDrops)
    field("timeSteps", capture.timeSteps)
    field("linkType", UInt64(capture.linkType.rawValue))
    field("snapLength", UInt64(capture.snapLength))
    field("snappedFrames", capture.snappedFrames)
    field("longestFrameOctets", UInt64(capture.longestFrameOctets))
  }

  /// But for its point, behind them.
  package mutating func append(firstMembersOf flow: FlowSummary) {
    append("\"protocol\":")
    append(jsonString: flow.key.protocolName)
    field("source", address: flow.key.source)
    field("sourcePort", UInt64(flow.key.sourcePort))
    field("destination", address: flow.key.destination)
    field("destinationPort", UInt64(flow.key.destinationPort))
    field("packets", flow.packets)
    field("octets", flow.octets)
    field("firstTime", flow.firstTime)
    field("lastTime", flow.lastTime)
  }
}

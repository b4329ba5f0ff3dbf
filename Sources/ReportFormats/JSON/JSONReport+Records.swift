import PacketAnalysis

extension JSONReport {
  func append(_ capture: CaptureSummary, to out: inout OutputBuffer) {
    out.append("{\"file\":")
    files.append(capture.file, to: &out)
    out.field("format")
    out.append(jsonString: capture.format.rawValue)
    out.field("point")
    points.append(capture.point, to: &out)
    out.append(furtherMembersOf: capture)
    out.append(octet: 0x7D)
  }

  func append(gap: SequenceGap, to out: inout OutputBuffer) {
    out.append("{\"association\":")
    out.append(jsonIdentifier: gap.association)
    out.field("firstMissing", gap.firstMissing)
    out.field("lastMissing", gap.lastMissing)
    out.field("missing", gap.missing)
    out.field("cause")
    if let cause = gap.cause { out.append(jsonString: cause) } else { out.append("null") }
    out.field("provisional", gap.provisional)
    append(edgesOf: gap, to: &out)
  }

  func append(skip: SequenceGap, to out: inout OutputBuffer) {
    out.append("{\"association\":")
    out.append(jsonIdentifier: skip.association)
    out.field("firstSkipped", skip.firstMissing)
    out.field("lastSkipped", skip.lastMissing)
    out.field("skipped", skip.missing)
    append(edgesOf: skip, to: &out)
  }

  private func append(edgesOf gap: SequenceGap, to out: inout OutputBuffer) {
    out.append(",\"before\":{")
    append(frame: gap.before, to: &out)
    out.append("},\"after\":{")
    append(frame: gap.after, to: &out)
    out.append("}}")
  }

  /// The members `frame`, `time` and `file`, without a comma before them.
  private func append(frame: FrameReference, to out: inout OutputBuffer) {
    out.append("\"frame\":")
    out.append(frame.frame)
    out.field("time", frame.time)
    out.field("file")
    files.append(frame.file, to: &out)
  }

  func append(_ suspect: SuspectFrame, to out: inout OutputBuffer) {
    out.append("{\"association\":")
    out.append(jsonIdentifier: suspect.association)
    out.field("number", UInt64(suspect.number))
    out.append(octet: 0x2C)
    append(frame: suspect.frame, to: &out)
    out.append(octet: 0x7D)
  }

  func append(_ flow: FlowSummary, to out: inout OutputBuffer) {
    out.append(octet: 0x7B)
    out.append(firstMembersOf: flow)
    out.field("point")
    points.append(Int(flow.key.point), to: &out)
    out.append(octet: 0x7D)
  }

  func append(_ malformed: MalformedSummary, to out: inout OutputBuffer) {
    out.append("{\"layer\":")
    out.append(jsonString: malformed.layer)
    out.field("reason")
    out.append(jsonString: malformed.reason)
    out.field("count", malformed.count)
    out.field("firstFrame", malformed.firstFrame.frame)
    out.field("file")
    files.append(malformed.firstFrame.file, to: &out)
    out.append(octet: 0x7D)
  }

  func append(_ blind: BlindInterval, to out: inout OutputBuffer) {
    out.append("{\"point\":")
    points.append(blind.point, to: &out)
    out.field("start", blind.start)
    out.field("end", blind.end)
    out.field("reason")
    out.append(jsonString: blind.reason.rawValue)
    out.field("drops", blind.drops)
    out.append(octet: 0x7D)
  }

  func append(_ loss: CaptureLoss, to out: inout OutputBuffer) {
    out.append("{\"point\":")
    points.append(loss.point, to: &out)
    out.field("start", loss.start)
    out.field("end", loss.end)
    out.field("associations", UInt64(loss.associations))
    out.field("activeAssociations", UInt64(loss.activeAssociations))
    out.field("senders", UInt64(loss.senders))
    out.field("gaps", loss.gaps)
    out.field("lost", loss.lost)
    out.append(octet: 0x7D)
  }

  func append(_ bucket: TimeBucket, to out: inout OutputBuffer) {
    out.append("{\"association\":")
    if bucket.association == 0 {
      out.append("null")
    } else {
      out.append(jsonIdentifier: bucket.association)
    }
    out.field("start", bucket.start)
    out.field("packets", bucket.packets)
    out.field("octets", bucket.octets)
    out.field("lost", bucket.lost)
    out.field("skipped", bucket.skipped)
    out.field("duplicates", bucket.duplicates)
    out.field("reordered", bucket.reordered)
    out.field("suspects", bucket.suspects)
    out.append(octet: 0x7D)
  }
}

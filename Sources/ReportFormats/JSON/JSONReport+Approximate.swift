import PacketAnalysis

/// What was given up where a limit was reached: `approximate`, an object for each reason.
extension JSONReport {
  func append(_ givenUp: GivenUp, to out: inout OutputBuffer) {
    out.append(",\n\"approximate\":[")
    var list = ReasonList()
    let limits = givenUp.limits
    if givenUp.unfollowed.packets > 0 {
      list.begin("maxAssociations", limit: limits.associations, to: &out)
      append(givenUp.unfollowed, to: &out)
      list.end(&out)
    }
    if givenUp.foldedEpochs > 0 {
      list.begin("maxEpochs", limit: limits.associations, to: &out)
      out.field("epochs", givenUp.foldedEpochs)
      append(givenUp.folded, to: &out)
      list.end(&out)
    }
    if givenUp.silentEpochs > 0 {
      list.begin("idleTimeout", limit: limits.associations, to: &out)
      out.field("epochs", givenUp.silentEpochs)
      append(givenUp.silentSums, to: &out)
      list.end(&out)
    }
    if givenUp.judgedBySilence > 0 {
      list.begin("silence", limit: nil, to: &out)
      out.field("packets", givenUp.judgedBySilence)
      list.end(&out)
    }
    if givenUp.forgotten != ForgottenRanges() {
      list.begin("maxGaps", limit: limits.gaps, to: &out)
      append(givenUp.forgotten, to: &out)
      list.end(&out)
    }
    if givenUp.hastyFrames > 0 {
      list.begin("maxHeldFrames", limit: limits.heldFrames, to: &out)
      out.field("packets", givenUp.hastyFrames)
      list.end(&out)
    }
    if givenUp.flows.packets > 0 {
      list.begin("maxFlows", limit: limits.associations, to: &out)
      append(givenUp.flows, to: &out)
      list.end(&out)
    }
    if let width = givenUp.askedBucketNanoseconds {
      list.begin("maxBuckets", limit: limits.buckets, to: &out)
      out.field("askedNanoseconds", UInt64(clamping: width))
      list.end(&out)
    }
    if givenUp.unlistedCopies > 0 {
      list.begin("maxCopies", limit: limits.copies, to: &out)
      out.field("packets", givenUp.unlistedCopies)
      list.end(&out)
    }
    out.append(list.isEmpty ? "]" : "\n]")
  }

  /// The same of one epoch of an association.
  func append(_ givenUp: EpochGivenUp, to out: inout OutputBuffer) {
    out.append(",\"approximate\":[")
    var list = ReasonList(separator: "")
    if givenUp.forgotten != ForgottenRanges() {
      list.begin("maxGaps", limit: nil, to: &out)
      append(givenUp.forgotten, to: &out)
      list.end(&out)
    }
    if givenUp.hastyFrames > 0 {
      list.begin("maxHeldFrames", limit: nil, to: &out)
      out.field("packets", givenUp.hastyFrames)
      list.end(&out)
    }
    out.append(octet: 0x5D)
  }

  private func append(_ frames: GivenUp.Frames, to out: inout OutputBuffer) {
    out.field("packets", frames.packets)
    out.field("octets", frames.octets)
  }

  private func append(_ forgotten: ForgottenRanges, to out: inout OutputBuffer) {
    out.field("gaps", forgotten.gaps)
    out.field("missing", forgotten.missing)
    out.field("skips", forgotten.skips)
    out.field("skipped", forgotten.skipped)
  }

  private func append(_ sums: AssociationSums, to out: inout OutputBuffer) {
    out.field("packets", sums.packets)
    out.field("octets", sums.octets)
    out.field("expected", sums.expected)
    out.field("distinct", sums.distinct)
    out.field("lost", sums.lost)
    out.field("skipped", sums.skipped)
    out.field("duplicates", sums.duplicates)
    out.field("reordered", sums.reordered)
    out.field("suspects", sums.suspects)
    out.field("gaps", sums.gaps)
    out.field("badTags", sums.badTags)
  }
}

/// Objects, each of which begins with its reason.
private struct ReasonList {
  /// Before each object.
  var separator: StaticString = "\n"
  private(set) var isEmpty = true

  init(separator: StaticString = "\n") { self.separator = separator }

  mutating func begin(_ reason: StaticString, limit: Int?, to out: inout OutputBuffer) {
    if !isEmpty { out.append(octet: 0x2C) }
    isEmpty = false
    out.append(separator)
    out.append("{\"reason\":\"")
    out.append(reason)
    out.append("\"")
    if let limit { out.field("limit", UInt64(clamping: limit)) }
  }

  func end(_ out: inout OutputBuffer) { out.append(octet: 0x7D) }
}

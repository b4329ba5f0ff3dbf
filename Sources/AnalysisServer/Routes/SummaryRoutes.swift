internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/summary`: a run as a whole, and its worst associations.
struct SummaryRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("summary") { request, _ in
      let query = try QueryParameters(request, known: ["run", "worst"])
      let worst = try query.number("worst", in: 0...100).map { Int($0) }
      let overview = try await reader.overview(worst: worst ?? 10, run: query.run)
      return jsonReply { $0.append(overview) }
    }
  }
}

extension OutputBuffer {
  mutating func append(_ overview: RunOverview) {
    append(octet: 0x7B)
    append(sums: overview)
    list("shares", overview.shares) { share, out in
      out.append("{\"point\":")
      out.append(jsonString: share.point)
      out.field("protocol", text: share.securityProtocol.rawValue)
      out.append(octet: 0x2C)
      out.append(share)
      out.append(octet: 0x7D)
    }
    list("worst", overview.worst) { row, out in out.append(row) }
    append(octet: 0x7D)
  }

  /// The members that are of the run as a whole, without the braces.
  mutating func append(sums overview: RunOverview) {
    append(overview.run)
    field("progress")
    append(overview.progress)
    field("totals")
    append(octet: 0x7B)
    append(membersOf: overview.totals)
    append(octet: 0x7D)
    var sum = AssociationShare(point: "", securityProtocol: .macsec)
    for share in overview.shares { sum.add(share) }
    field("sums")
    append(octet: 0x7B)
    append(sum)
    append(octet: 0x7D)
    field("blind")
    append("{\"intervals\":")
    append(overview.blindIntervals)
    field("drops", overview.blindDrops)
    append(octet: 0x7D)
    field("captureLosses")
    append("{\"times\":")
    append(overview.captureLosses.count)
    field("gaps", overview.captureLosses.reduce(0) { $0.addingClamped($1.gaps) })
    field("lost", overview.captureLosses.reduce(0) { $0.addingClamped($1.lost) })
    append(octet: 0x7D)
    field("damagedCaptures", UInt64(clamping: overview.damagedCaptures))
    list("approximate", overview.approximations) { $1.append($0) }
    list("notes", overview.notes) { $1.append(jsonString: $0) }
  }

  private mutating func append(_ progress: RunProgress?) {
    guard let progress else { return append("null") }
    append("{\"state\":")
    append(jsonString: progress.state.rawValue)
    field("began", progress.began)
    field("storedUntil", progress.storedUntil)
    field("states", progress.states)
    field("lateStates", progress.lateStates)
    field("failedStates", progress.failedStates)
    append(octet: 0x7D)
  }

  /// The members of sums, without the braces.
  private mutating func append(_ share: AssociationShare) {
    append("\"associations\":")
    append(share.associations)
    field("packets", share.packets)
    field("octets", share.octets)
    field("expected", share.expected)
    field("distinct", share.distinct)
    field("lost", share.lost)
    field("lossRatio", ratioOf: share.lost, to: share.expected)
    field("lostBlind", share.lostBlind)
    field("skipped", share.skipped)
    field("duplicates", share.duplicates)
    field("reordered", share.reordered)
    field("suspects", share.suspects)
    field("gaps", share.gaps)
  }
}

internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/events`, and `/api/v1/blind`: when a capture could not see.
struct EventRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("events") { request, _ in
      let query = try QueryParameters(
        request, known: QueryParameters.pageNames.union(["point", "kind", "from", "to", "sort"]))
      var filter = try query.occurrenceFilter
      filter.kind = query["kind"]
      let page = try await reader.events(
        filter, sortedBy: query.order(default: ListOrder(.time, isDescending: true)),
        page: query.page, run: query.run)
      return jsonReply(page) { row, out in out.append(row) }
    }
    router.get("blind") { request, _ in
      let query = try QueryParameters(
        request, known: QueryParameters.pageNames.union(["point", "reason", "from", "to", "sort"]))
      var filter = try query.occurrenceFilter
      filter.kind = try query.value(
        "reason", "one of " + BlindInterval.Reason.allCases.map(\.rawValue).joined(separator: ", ")
      ) { BlindInterval.Reason(rawValue: $0)?.rawValue }
      let page = try await reader.blindIntervals(
        filter, sortedBy: query.order(default: ListOrder(.start, isDescending: true)),
        page: query.page, run: query.run)
      return jsonReply(page) { row, out in out.append(row) }
    }
  }
}

extension QueryParameters {
  fileprivate var occurrenceFilter: OccurrenceFilter {
    get throws(Problem) {
      var filter = OccurrenceFilter()
      filter.point = self["point"]
      (filter.from, filter.to) = (try time("from"), try time("to"))
      return filter
    }
  }
}

extension OutputBuffer {
  mutating func append(_ row: EventRow) {
    append("{\"time\":")
    append(jsonTime: row.time)
    field("kind", text: row.kind)
    field("point", text: row.point)
    field("association")
    if let id = row.association { append(jsonIdentifier: id) } else { append("null") }
    field("detail", text: row.detail)
    append(octet: 0x7D)
  }

  mutating func append(_ row: BlindRow) {
    append("{\"point\":")
    append(jsonString: row.point)
    field("start", row.interval.start)
    field("end", row.interval.end)
    field("reason", text: row.interval.reason.rawValue)
    field("drops", row.interval.drops)
    append(octet: 0x7D)
  }
}

internal import AnalysisStore
internal import Hummingbird
internal import ReportFormats

/// `/api/v1/points`: where it was captured.
struct PointRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("points") { request, _ in
      let query = try QueryParameters(request, known: QueryParameters.pageNames)
      let page = try await reader.points(page: query.page, run: query.run)
      return jsonReply(page) { row, out in out.append(row) }
    }
  }
}

extension OutputBuffer {
  mutating func append(_ point: PointRow) {
    append("{\"name\":")
    append(jsonString: point.name)
    field("captures", UInt64(clamping: point.captures))
    field("packets", point.packets)
    field("octets", point.octets)
    field("firstTime", point.firstTime)
    field("lastTime", point.lastTime)
    field("capturedDrops", point.capturedDrops)
    field("blindIntervals", UInt64(clamping: point.blindIntervals))
    append(octet: 0x7D)
  }
}

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
      return jsonReply(page) { point, out in
        out.append("{\"name\":")
        out.append(jsonString: point.name)
        out.field("captures", UInt64(clamping: point.captures))
        out.field("packets", point.packets)
        out.field("octets", point.octets)
        out.field("firstTime", point.firstTime)
        out.field("lastTime", point.lastTime)
        out.field("capturedDrops", point.capturedDrops)
        out.field("blindIntervals", UInt64(clamping: point.blindIntervals))
        out.append(octet: 0x7D)
      }
    }
  }
}

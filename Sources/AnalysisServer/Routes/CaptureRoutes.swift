internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/captures`: what was read, and how well it could be.
struct CaptureRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("captures") { request, _ in
      let query = try QueryParameters(request, known: QueryParameters.pageNames)
      let page = try await reader.captures(page: query.page, run: query.run)
      return jsonReply(page) { row, out in out.append(row) }
    }
  }
}

extension OutputBuffer {
  fileprivate mutating func append(_ row: CaptureRow) {
    let capture = row.capture
    append("{\"file\":")
    append(jsonString: row.file)
    field("format", text: capture.format.rawValue)
    field("point", text: row.point)
    append(furtherMembersOf: capture)
    append(octet: 0x7D)
  }
}

internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/associations/{id}/epochs`, `.../skips` and `.../suspects`.
struct FindingRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("associations/:id/epochs") { request, context in
      let id = try associationIdentifier(context)
      let query = try QueryParameters(request, known: QueryParameters.pageNames)
      let page = try await reader.epochs(ofAssociation: id, page: query.page, run: query.run)
      guard let page else { throw Problem.unknownAssociation }
      return jsonReply(page) { row, out in out.append(row) }
    }
    router.get("associations/:id/skips") { request, context in
      let id = try associationIdentifier(context)
      let query = try QueryParameters(request, known: QueryParameters.pageNames)
      let page = try await reader.skips(ofAssociation: id, page: query.page, run: query.run)
      guard let page else { throw Problem.unknownAssociation }
      return jsonReply(page) { row, out in out.append(row) }
    }
    router.get("associations/:id/suspects") { request, context in
      let id = try associationIdentifier(context)
      let query = try QueryParameters(request, known: QueryParameters.pageNames)
      let page = try await reader.suspects(ofAssociation: id, page: query.page, run: query.run)
      guard let page else { throw Problem.unknownAssociation }
      return jsonReply(page) { row, out in out.append(row) }
    }
  }
}

extension OutputBuffer {
  mutating func append(_ row: SkipRow) {
    let skip = row.range
    append("{\"association\":")
    append(jsonIdentifier: skip.association)
    field("firstSkipped", number: skip.firstMissing)
    field("lastSkipped", number: skip.lastMissing)
    field("skipped", skip.missing)
    field("before")
    append(skip.before, file: row.beforeFile)
    field("after")
    append(skip.after, file: row.afterFile)
    append(octet: 0x7D)
  }

  fileprivate mutating func append(_ row: SuspectRow) {
    append("{\"association\":")
    append(jsonIdentifier: row.suspect.association)
    field("number", number: UInt64(row.suspect.number))
    field("frame", row.suspect.frame.frame)
    field("time", row.suspect.frame.time)
    field("file", text: row.file)
    append(octet: 0x7D)
  }
}

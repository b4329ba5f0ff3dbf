internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/gaps` and `/api/v1/associations/{id}/gaps`.
struct GapRoutes {
  let reader: AnalysisReader

  private static let ownNames: Set = ["sort", "minMissing", "from", "to"]

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("gaps") { request, _ in
      let query = try QueryParameters(
        request,
        known: QueryParameters.pageNames.union(QueryParameters.associationNames)
          .union(Self.ownNames))
      var filter = try Self.filter(query)
      filter.associations = try query.associationFilter
      (filter.associations.from, filter.associations.to) = (nil, nil)
      return try await reply(
        filter, query.order(default: ListOrder(.time, isDescending: true)), query)
    }
    router.get("associations/:id/gaps") { request, context in
      let id = try associationIdentifier(context)
      let query = try QueryParameters(
        request, known: QueryParameters.pageNames.union(Self.ownNames))
      var filter = try Self.filter(query)
      filter.association = id
      return try await reply(filter, query.order(default: ListOrder(.firstMissing)), query)
    }
  }

  private static func filter(_ query: QueryParameters) throws(Problem) -> GapFilter {
    var filter = GapFilter()
    filter.minimumMissing = try query.count("minMissing")
    (filter.from, filter.to) = (try query.time("from"), try query.time("to"))
    return filter
  }

  private func reply(
    _ filter: GapFilter, _ order: ListOrder<GapColumn>, _ query: QueryParameters
  ) async throws -> Response {
    let page = try await reader.gaps(
      filter, sortedBy: order, page: query.page, run: query.run)
    guard let page else { throw Problem.unknownAssociation }
    return jsonReply(page) { row, out in out.append(row) }
  }
}

extension OutputBuffer {
  mutating func append(_ row: GapRow) {
    let gap = row.gap
    append("{\"association\":")
    append(jsonIdentifier: gap.association)
    field("name", text: AssociationName(row.association.summary).text)
    field("point", text: row.association.point)
    field("firstMissing", number: gap.firstMissing)
    field("lastMissing", number: gap.lastMissing)
    field("missing", gap.missing)
    field("cause", text: gap.cause)
    field("provisional", gap.provisional)
    field("before")
    append(gap.before, file: row.beforeFile)
    field("after")
    append(gap.after, file: row.afterFile)
    let filters = DisplayFilter.filters(for: gap, of: row.association.summary)
    list("displayFilters", filters) { filter, out in
      out.append("{\"file\":")
      out.append(jsonString: filter.file == gap.before.file ? row.beforeFile : row.afterFile)
      out.field("filter", text: filter.text)
      out.append(octet: 0x7D)
    }
    append(octet: 0x7D)
  }

  mutating func append(_ frame: FrameReference, file: String) {
    append("{\"frame\":")
    append(frame.frame)
    field("time", frame.time)
    field("file", text: file)
    append(octet: 0x7D)
  }
}

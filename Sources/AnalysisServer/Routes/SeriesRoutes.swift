internal import AnalysisStore
internal import Foundation
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/associations/{id}/series` and `/api/v1/points/{name}/series`: what happened when.
struct SeriesRoutes {
  let reader: AnalysisReader

  private static let names: Set = ["run", "from", "to", "step", "points"]

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("associations/:id/series") { request, context in
      let id = try associationIdentifier(context)
      let query = try QueryParameters(request, known: Self.names)
      let series = try await reader.series(
        ofAssociation: id, query.seriesRequest, run: query.run)
      guard let series else { throw Problem.unknownAssociation }
      return jsonReply { $0.append(series) }
    }
    router.get("points/:name/series") { request, context in
      let name = context.parameters.get("name")?.removingPercentEncoding ?? ""
      let query = try QueryParameters(request, known: Self.names)
      let series = try await reader.series(ofPoint: name, query.seriesRequest, run: query.run)
      guard let series else { throw Problem.notFound("The run has no point of this name.") }
      return jsonReply { $0.append(series) }
    }
  }
}

extension QueryParameters {
  fileprivate var seriesRequest: SeriesRequest {
    get throws(Problem) {
      let limits = SeriesRequest.pointLimits
      let points = try number(
        "points", in: Int64(limits.lowerBound)...Int64(limits.upperBound))
      let request = SeriesRequest(
        from: try time("from"), to: try time("to"), stepNanoseconds: try duration("step"),
        points: points.map { Int($0) } ?? 1_000)
      if let from = request.from, let to = request.to, to < from {
        throw .badRequest("to must not be before from.", parameter: "to")
      }
      return request
    }
  }
}

extension OutputBuffer {
  mutating func append(_ series: Series) {
    append("{\"run\":")
    append(series.run)
    field("source", text: series.source?.rawValue)
    field("from", series.range?.lowerBound)
    field("to", series.range?.upperBound)
    field("stepNanoseconds", series.stepNanoseconds.map { UInt64(clamping: $0) })
    field("widthNanoseconds", series.widthNanoseconds.map { UInt64(clamping: $0) })
    field("partial", series.isPartial)
    let names = series.columns.map { ",\"\($0.rawValue)\":" }
    list("items", series.points) { point, out in
      out.append("{\"start\":")
      out.append(jsonTime: point.start)
      for (name, value) in zip(names, point.values) {
        out.append(text: name)
        out.append(value)
      }
      out.append(octet: 0x7D)
    }
    append(octet: 0x7D)
  }
}

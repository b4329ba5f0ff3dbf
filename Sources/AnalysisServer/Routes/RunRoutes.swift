internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/runs`: the runs that can be asked about, the latest first.
struct RunRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("runs") { request, _ in
      let limit = try QueryParameters(request, known: ["limit"]).page.limit
      let runs = try await reader.runs(limit: limit)
      return jsonReply { out in
        out.append("{\"latest\":")
        if let latest = runs.first { out.append(latest.run) } else { out.append("null") }
        out.list("items", runs) { run, out in
          out.append(octet: 0x7B)
          out.append(run)
          out.append(octet: 0x7D)
        }
        out.append(octet: 0x7D)
      }
    }
  }
}

extension OutputBuffer {
  /// The members of a run, without the braces.
  mutating func append(_ run: RunSummary) {
    append("\"run\":")
    append(run.run)
    let nanoseconds = run.storedAtSeconds.multipliedReportingOverflow(by: 1_000_000_000)
    field(
      "storedAt",
      nanoseconds.overflow ? nil : Timestamp(nanosecondsSinceEpoch: nanoseconds.partialValue))
    field("packets", run.packets)
    field("octets", run.octets)
    field("firstTime", run.firstTime)
    field("lastTime", run.lastTime)
    field("bucketNanoseconds", run.options.bucketNanoseconds.map { UInt64(clamping: $0) })
  }
}

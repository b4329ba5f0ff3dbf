internal import AnalysisStore
internal import Hummingbird
internal import ReportFormats

/// `/healthz`: the process answers. `/readyz`: so does the database.
struct HealthRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("healthz") { _, _ in ok }
    router.get("readyz") { _, _ in
      try await reader.check()
      return ok
    }
  }

  private var ok: Response { jsonReply { $0.append("{\"status\":\"ok\"}") } }
}

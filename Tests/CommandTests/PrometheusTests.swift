import CaptureTestSupport
import Foundation
import Testing

/// `/metrics` as Prometheus takes it, and what `packaging/` has for Prometheus and Grafana.
@Suite("Prometheus and Grafana", .serialized)
struct PrometheusTests {
  private static let packaging = Command.packageRoot.appendingPathComponent("packaging")
  private static let rules = packaging.appendingPathComponent("prometheus/gapscope.rules.yaml")
  private static let dashboard = packaging.appendingPathComponent("grafana/gapscope.json")

  private static func isThere(_ tool: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(tool)")
  }
  private static let absence: Comment = "skipped: it takes Debian's package prometheus"

  private let directory: TemporaryDirectory
  private var database: String { directory.file("live.db") }

  init() throws { directory = try TemporaryDirectory() }

  /// A capture that loses and reorders, as a run that goes on for long.
  private func startReplay() throws -> BackgroundProcess {
    try BackgroundProcess(
      Command.path,
      [
        "analyze", "--pps", "500", "--loop", "--database", database,
        "\(Command.demo.path)/macsec-loss-reorder-duplicates.pcap.gz",
      ])
  }

  private func serve(
    _ further: String...
  ) async throws -> (server: BackgroundProcess, port: Int) {
    let server = try BackgroundProcess(
      Command.path, ["serve", "--database", database, "--listen", "127.0.0.1:0"] + further)
    let port = try await server.waitForOutput(#/at http://127\.0\.0\.1:(\d+)//#)
    return (server, try #require(Int(port)))
  }

  /// Waits until the server tells of a state of the run.
  private func metrics(port: Int) async throws -> String {
    let end = Date(timeIntervalSinceNow: 120)
    while Date() < end {
      let text = try #require(try Connection.get("/metrics", port: port)).text
      if text.contains("gapscope_association_lost_packets{") { return text }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw BackgroundError(description: "the replay stored nothing")
  }

  private static func expressions(in value: Any) -> [String] {
    switch value {
    case let object as [String: Any]:
      let own = ["expr", "definition"].compactMap { object[$0] as? String }
      return own + object.values.flatMap { expressions(in: $0) }
    case let list as [Any]: return list.flatMap { expressions(in: $0) }
    default: return []
    }
  }

  private static func dashboardExpressions() throws -> [String] {
    expressions(in: try JSONSerialization.jsonObject(with: Data(contentsOf: dashboard)))
  }

  private static func metricNames(in text: String) -> Set<String> {
    Set(text.matches(of: /\bgapscope_[a-z_]+/).map { String($0.output) })
  }

  @Test("every metric that the rules, their tests and the dashboard name is one of /metrics")
  func names() async throws {
    let replay = try startReplay()
    defer { replay.stop() }
    let (server, port) = try await serve()
    defer { server.stop() }
    let text = try await metrics(port: port)
    let known = Set(text.matches(of: /# TYPE ([a-z_]+)/).map { String($0.1) })
    let rules = try String(contentsOf: Self.rules, encoding: .utf8)
    let tests = try String(
      contentsOf: Self.packaging.appendingPathComponent("prometheus/gapscope.rules.test.yaml"),
      encoding: .utf8)
    let expressions = try Self.dashboardExpressions()
    #expect(expressions.count > 20)
    for named in [rules, tests, expressions.joined(separator: "\n")] {
      let names = Self.metricNames(in: named)
      #expect(names.count > 10)
      #expect(names.subtracting(known) == [])
    }
    // Each alert is tried.
    let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
    let tried = Set(tests.matches(of: /alertname: (\w+)/).map { String($0.1) })
    #expect(alerts.count == 11 && Set(alerts) == tried)
  }

  @Test("the dashboard is one: panels have names, identifiers, and a place of their own")
  func layout() throws {
    let dashboard =
      try JSONSerialization.jsonObject(with: Data(contentsOf: Self.dashboard)) as? [String: Any]
    let panels = try #require(dashboard?["panels"] as? [[String: Any]])
    #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
    #expect(panels.allSatisfy { ($0["title"] as? String)?.isEmpty == false })
    var taken: Set<[Int]> = []
    for panel in panels {
      let place = try #require(panel["gridPos"] as? [String: Int])
      let (x, y, w, h) = try (
        #require(place["x"]), #require(place["y"]), #require(place["w"]), #require(place["h"])
      )
      #expect(x + w <= 24)
      for column in x..<x + w {
        for row in y..<y + h { #expect(taken.insert([column, row]).inserted) }
      }
    }
  }

  @Test(
    "promtool finds the rules right, and their unit tests pass",
    .enabled(if: isThere("promtool"), absence))
  func rulesAreRight() throws {
    for arguments in [
      "check rules gapscope.rules.yaml", "test rules gapscope.rules.test.yaml",
      "check config prometheus.yaml",
    ] {
      let result = try Command.shell(
        "cd '\(Self.packaging.path)/prometheus' && promtool \(arguments)", in: directory)
      #expect(result.status == 0, "\(result.text)\n\(result.error)")
    }
  }

  @Test(
    "promtool finds nothing to blame in what a server sends of a run that lasts",
    .enabled(if: isThere("promtool"), absence))
  func scrape() async throws {
    let replay = try startReplay()
    defer { replay.stop() }
    let (server, port) = try await serve()
    defer { server.stop() }
    try await Data(metrics(port: port).utf8).write(to: directory.url("metrics"))
    let result = try Command.shell("promtool check metrics < $DIR/metrics 2>&1", in: directory)
    #expect(result.status == 0 && result.text == "", "\(result.text)")
  }

  @Test(
    "a Prometheus server scrapes it, judges the alerts, and has what each panel of the dashboard asks",
    .enabled(if: isThere("prometheus"), absence))
  func server() async throws {
    let replay = try startReplay()
    defer { replay.stop() }
    try Data("0123456789abcdef0123\n".utf8).write(to: directory.url("token"))
    let (server, port) = try await serve("--token-file", directory.file("token"))
    defer { server.stop() }

    let example = try String(
      contentsOf: Self.packaging.appendingPathComponent("prometheus/prometheus.yaml"),
      encoding: .utf8)
    let configuration = """
      global:
        scrape_interval: 1s
        evaluation_interval: 1s

      """
      + example.replacing("127.0.0.1:8080", with: "127.0.0.1:\(port)")
      // As it says for a server with a token.
      .replacing("# authorization:", with: "authorization:")
      .replacing(
        "#   credentials_file: /etc/prometheus/gapscope.token",
        with: "  credentials_file: \(directory.file("token"))")
    try configuration.write(to: directory.url("prometheus.yaml"), atomically: true, encoding: .utf8)
    try FileManager.default.copyItem(at: Self.rules, to: directory.url("gapscope.rules.yaml"))
    let prometheus = try Prometheus(in: directory)
    defer { prometheus.process.stop() }
    try await prometheus.waitForPort()

    let version = try await prometheus.waitForResult(of: "gapscope_build_info")
    let labels = try #require(version.first?["metric"] as? [String: String])
    #expect(labels["job"] == "gapscope" && labels["instance"] == "127.0.0.1:\(port)")
    let up = try await prometheus.waitForResult(of: "up")
    #expect((up.first?["value"] as? [Any])?.last as? String == "1")

    for expression in try Self.dashboardExpressions() {
      // Those that fill the selectors are of Grafana, and so are the variables.
      if expression.hasPrefix("label_values(") || expression.hasPrefix("changes(") { continue }
      let asked = expression.replacing("$__rate_interval", with: "1m").replacing(
        "\"$instance\"", with: "\".*\""
      ).replacing("\"$point\"", with: "\".*\"")
      let result = try await prometheus.waitForResult(of: asked)
      #expect(!result.isEmpty, "\(asked)")
    }

    // No state of a run that is killed is the last.
    replay.killAtOnce()
    let states = try await prometheus.waitForAlert("GapscopeCaptureInterrupted", state: "firing")
    #expect(states.count == 11)
    // On a machine that stood still for a moment they may be pending.
    #expect(states["GapscopeDown"] != "firing")
    #expect(states["GapscopeDatabaseUnreadable"] != "firing")
  }
}

/// A Prometheus server, and what it is asked.
private final class Prometheus {
  let process: BackgroundProcess
  private var port = 0

  init(in directory: TemporaryDirectory) throws {
    process = try BackgroundProcess(
      "/usr/bin/prometheus",
      [
        "--config.file=\(directory.file("prometheus.yaml"))",
        "--storage.tsdb.path=\(directory.file("series"))", "--web.listen-address=127.0.0.1:0",
      ])
  }

  func waitForPort() async throws {
    let text = try await process.waitForOutput(/"Listening on" address=127\.0\.0\.1:(\d+)/)
    port = try #require(Int(text))
  }

  private func ask(_ path: String) throws -> [String: Any]? {
    guard let answer = try? Connection.get(path, port: port), answer.status != 503 else {
      return nil
    }
    let object = try answer.json()
    guard object["status"] as? String == "success" else {
      throw BackgroundError(description: "\(path): \(answer.text)")
    }
    return object["data"] as? [String: Any]
  }

  /// Waits until an expression has a value.
  func waitForResult(of expression: String) async throws -> [[String: Any]] {
    let letters = CharacterSet.alphanumerics
    let encoded = expression.addingPercentEncoding(withAllowedCharacters: letters) ?? ""
    let end = Date(timeIntervalSinceNow: 120)
    while Date() < end {
      let result = try ask("/api/v1/query?query=\(encoded)")?["result"] as? [[String: Any]]
      if let result, !result.isEmpty { return result }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw BackgroundError(description: "no value: \(expression)")
  }

  /// Waits until an alert has a state, and gives the states of all, which must have been judged
  /// without an error.
  func waitForAlert(_ name: String, state: String) async throws -> [String: String] {
    let end = Date(timeIntervalSinceNow: 120)
    var states: [String: String] = [:]
    while Date() < end {
      let groups = try ask("/api/v1/rules")?["groups"] as? [[String: Any]] ?? []
      let rules = groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
      let health = Set(rules.compactMap { $0["health"] as? String })
      #expect(health.isSubset(of: ["ok", "unknown"]))
      for rule in rules {
        if let name = rule["name"] as? String { states[name] = rule["state"] as? String }
      }
      if states[name] == state, health == ["ok"] { return states }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw BackgroundError(description: "\(name) was never \(state): \(states)")
  }
}

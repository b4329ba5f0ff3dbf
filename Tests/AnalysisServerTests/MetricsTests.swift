import AnalysisStore
import CaptureTestSupport
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PacketAnalysis
import Testing

@testable import AnalysisServer

@Suite("Metrics")
struct MetricsTests {
  /// Twenty associations, the nth of which lost n packets.
  private func metrics(
    associations: Int = 20, ownMetrics: Int = 5, point: String = "tap/1"
  ) async throws -> String {
    let served = try Served()
    defer { served.remove() }
    var report = Served.report(associations: associations)
    report.points = [point]
    try served.execute(
      "INSERT INTO progress VALUES (1, 0, 1, -1, 5, 1500000000, 3, 2, 1)",
      after: { try AnalysisStore(path: served.path).store(report) })
    var options = ServerOptions()
    options.version = "1.2.3"
    options.metricsAssociations = ownMetrics
    return try await served.metrics(options)
  }

  @Test("the worst have metrics of their own; the others are folded and counted: all add up")
  func folding() async throws {
    let samples = Samples(try await metrics())
    for (own, all) in [
      ("gapscope_association_lost_packets", 190), ("gapscope_association_gaps", 190),
      ("gapscope_association_packets_total", 20_000),
      ("gapscope_association_expected_packets", 20_190),
    ] {
      let values = samples.of(own)
      #expect(values.count == 6, "\(own)")
      #expect(values.map(\.value).reduce(0, +) == Double(all), "\(own)")
      let sum = own.replacing("_association_", with: "_")
      #expect(samples.of(sum).map(\.value) == [Double(all)], "\(sum)")
    }
    let lost = samples.of("gapscope_association_lost_packets")
    #expect(lost.map(\.value) == [19, 18, 17, 16, 15, 105])
    #expect(lost[0].labels.contains("association=\"ffffffffffffffec\""))
    #expect(lost[0].labels.contains("name=\"MACsec 02:00:00:00:0a:13/1 AN 1\""))
    #expect(lost[5].labels.contains("association=\"other\""))
    #expect(samples.of("gapscope_folded_associations").map(\.value) == [15])
    #expect(samples.of("gapscope_associations").map(\.value) == [20])
  }

  @Test("a run of which something was given up, and whose capture is damaged, looked exact")
  func approximate() async throws {
    let served = try Served()
    defer { served.remove() }
    var (report, givenUp) = (Served.report(associations: 4), GivenUp())
    (givenUp.forgotten.gaps, givenUp.forgotten.missing, givenUp.hastyFrames) = (7, 70, 5)
    report.givenUp = givenUp
    report.captures[0].damaged = .init(offset: 99, reason: "it ends there")
    try AnalysisStore(path: served.path).store(report)
    let samples = Samples(try await served.metrics(ServerOptions()))
    let reached = samples.of("gapscope_run_limit_reached")
    #expect(reached.count == Approximation.Reason.allCases.count)
    let labels = reached.filter { $0.value == 1 }.map(\.labels).joined()
    #expect(labels.contains("reason=\"maxGaps\"") && labels.contains("reason=\"maxHeldFrames\""))
    #expect(reached.map(\.value).reduce(0, +) == 2)
    #expect(samples.of("gapscope_run_damaged_captures").map(\.value) == [1])
  }

  @Test("sums went backward when associations made room for others")
  func rowless() async throws {
    let served = try Served()
    defer { served.remove() }
    let whole = Samples(try await metrics(ownMetrics: 2))
    var (report, givenUp) = (Served.report(associations: 20), GivenUp())
    var sums: [RowlessEpochs.Share: AssociationSums] = [:]
    var rows = Array(report.associations)
    for gone in rows.suffix(5) {
      let share = RowlessEpochs.Share(
        point: Int(gone.key.point), ProtectionProtocol(gone.key.identity))
      sums[share, default: .init()].packets += gone.packets
      sums[share, default: .init()].expected += gone.expected
      sums[share, default: .init()].distinct += gone.distinct
    }
    rows.removeLast(5)
    let kept = Set(rows.map(\.id))
    report.associations = ReportRows(rows)
    report.gaps = ReportRows(report.gaps.filter { kept.contains($0.association) })
    report.skips = ReportRows(report.skips.filter { kept.contains($0.association) })
    report.suspectFrames.removeAll { !kept.contains($0.association) }
    report.buckets.removeAll { !kept.contains($0.association) }
    givenUp.silent = RowlessEpochs(count: 5, sums)
    report.givenUp = givenUp
    try AnalysisStore(path: served.path).store(report)
    let samples = Samples(try await served.metrics(ServerOptions()))
    for name in ["packets_total", "expected_packets", "lost_packets"] {
      let values = samples.of("gapscope_\(name)").map(\.value)
      #expect(values == whole.of("gapscope_\(name)").map(\.value), "\(name)")
    }
    #expect(samples.of("gapscope_associations").map(\.value) == [15])
  }

  @Test("where there is room for all, none is folded; and all are where none may have its own")
  func bounds() async throws {
    let all = Samples(try await metrics(ownMetrics: 20))
    #expect(all.of("gapscope_association_packets_total").count == 20)
    #expect(all.of("gapscope_folded_associations").isEmpty)
    let none = Samples(try await metrics(ownMetrics: 0))
    #expect(none.of("gapscope_association_packets_total").map(\.value) == [20_000])
  }

  @Test("the state of a capture and of its writer")
  func writer() async throws {
    let samples = Samples(try await metrics())
    for (name, value) in [
      ("gapscope_build_info", 1), ("gapscope_database_readable", 1), ("gapscope_run_running", 0),
      ("gapscope_run_interrupted", 1), ("gapscope_run_stored_timestamp_seconds", 1.5),
      ("gapscope_stored_states_total", 3), ("gapscope_late_states_total", 2),
      ("gapscope_failed_states_total", 1), ("gapscope_point_blind_intervals_total", 2),
      ("gapscope_point_blind_drops_total", 9), ("gapscope_point_blind", 0),
    ] { #expect(samples.of(name).map(\.value) == [value], "\(name)") }
    #expect(samples.of("gapscope_build_info")[0].labels == "{version=\"1.2.3\"}")
  }

  @Test("without a database there is still an answer, which says so")
  func noDatabase() async throws {
    let served = try Served()
    defer { served.remove() }
    let samples = Samples(try await served.metrics(ServerOptions()))
    #expect(samples.of("gapscope_database_readable").map(\.value) == [0])
  }

  @Test("names of points may hold anything")
  func escaping() async throws {
    let text = try await metrics(point: "a\"b\\c\nd")
    #expect(text.contains(#"gapscope_point_packets_total{point="a\"b\\c\nd"} 20000"#))
    for line in text.split(separator: "\n") { #expect(line.hasPrefix("#") || line.contains(" ")) }
  }

  @Test(
    "promtool finds nothing to blame",
    .enabled(if: promtoolPath != nil, "promtool is not installed (Debian package prometheus)"))
  func check() async throws {
    let text = try await metrics(point: "a\"b\\c\nd")
    let result = try ChildProcess.run(
      [try #require(promtoolPath), "check", "metrics"], input: Data(text.utf8))
    #expect(result.status == 0 && (result.text + result.error).isEmpty, "\(result)")
  }

}

private let promtoolPath = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// The samples of a text of metrics, each of which must be of the metric that was announced last.
private struct Samples {
  private var all: [(name: String, labels: String, value: Double)] = []

  init(_ text: String) {
    var announced: Substring = ""
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3)
      if words[0] == "#" {
        if words[1] == "TYPE" { announced = words[2] }
        continue
      }
      let name = line.prefix { $0 != "{" && $0 != " " }
      #expect(name == announced)
      let value = line.split(separator: " ").last.flatMap { Double($0) }
      let end = line.lastIndex(of: " ") ?? line.endIndex
      all.append((String(name), String(line[name.endIndex..<end]), value ?? .nan))
    }
  }

  func of(_ name: String) -> [(labels: String, value: Double)] {
    all.filter { $0.name == name }.map { ($0.labels, $0.value) }
  }
}

extension Served {
  fileprivate func metrics(_ options: ServerOptions) async throws -> String {
    try await server(options).application().test(.router) { client in
      let answer = try await client.get("/metrics")
      #expect(answer.status == .ok)
      #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
      return String(buffer: answer.body)
    }
  }
}

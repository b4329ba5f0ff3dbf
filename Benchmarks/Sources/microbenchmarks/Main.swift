import CMeasure
import PacketAnalysis
import ReportFormats

/// Takes apart what `scripts/bench` measures as a whole: reading, analyzing and writing, in memory.
///
///     microbenchmarks [PACKETS [ASSOCIATIONS [RUNS]]]
@main
enum Main {
  static func main() throws {
    let numbers = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 }
    let packets = numbers.first ?? 1_000_000
    let flows = numbers.dropFirst().first ?? 10_000
    let runs = numbers.dropFirst(2).first ?? 5
    guard packets > 0, flows > 0, runs > 0, numbers.count <= 3 else {
      print("usage: microbenchmarks [PACKETS [ASSOCIATIONS [RUNS]]]")
      return
    }
    guard countsAllocations else {
      print("allocations are not counted here")
      return
    }

    print("\(packets) packets of \(flows) associations, medians of \(runs)\n")
    print("| step | CPU ns | per | allocations in all |")
    print("|---|---:|---|---:|")
    for name in Traffic.names {
      let traffic = try Traffic(name, packets: packets, flows: flows)
      var stopwatch = Stopwatch()
      for _ in 0..<runs { try run(traffic, packets, flows, &stopwatch) }
      for row in stopwatch.rows { print(row) }
    }
    print("\npeak memory: \(measure_peak_octets() >> 20) MiB, with the capture")
  }

  private static func run(
    _ traffic: Traffic, _ packets: Int, _ flows: Int, _ stopwatch: inout Stopwatch
  ) throws {
    if traffic.name == Traffic.names.first {
      let frames = stopwatch.time("walk", per: "packet", count: packets) {
        read(traffic.octets) { _ in }
      }
      precondition(frames == packets, "\(frames) frames instead of \(packets)")
    }

    let interfaces = [InterfaceContext(linkType: .ethernet, point: 0)]
    let analyzer = PacketAnalyzer(options: AnalysisOptions())
    _ = stopwatch.time("analyze, \(traffic.name)", per: "packet", count: packets) {
      read(traffic.octets) { analyzer.analyze($0, file: 0, interfaces: interfaces) }
    }
    var run = RunDescription()
    run.files = ["memory.pcap"]
    run.points = ["default"]
    let report = stopwatch.time("report, \(traffic.name)", per: "association", count: flows) {
      analyzer.finish(run)
    }
    guard traffic.name == "lossy" else { return }

    let rows = report.associations.count + report.gaps.count
    var json = CountingSink()
    let jsonResult = stopwatch.time("JSON, \(traffic.name)", per: "row", count: rows) {
      Result { try JSONReport.write(report, to: &json) }
    }
    try jsonResult.get()
    var table = CountingSink()
    let style = TableStyle(width: 160)
    let tableResult = stopwatch.time("table, \(traffic.name)", per: "row", count: rows) {
      Result { try TableReport(report, style: style).write(to: &table) }
    }
    try tableResult.get()
    precondition(json.count > table.count && table.count > 0, "nothing was written")
  }

  /// Whether an array's allocation is seen: other C libraries may go another way.
  private static var countsAllocations: Bool {
    let before = measure_allocations()
    var arrays: [[Int]] = []
    for index in 0..<100 { arrays.append([index]) }
    return measure_allocations() - before >= UInt64(arrays.count)
  }
}

/// Takes what is written and counts it.
private struct CountingSink: ReportSink {
  var count = 0

  mutating func write(_ octets: UnsafeRawBufferPointer) throws(OutputError) {
    count += octets.count
  }
}

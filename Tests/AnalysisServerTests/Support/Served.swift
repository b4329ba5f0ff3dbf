import AnalysisStore
import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PacketAnalysis
import Testing

@testable import AnalysisServer

/// A database in a directory of its own, and a server over it that is asked in memory.
struct Served {
  let directory = URL(fileURLWithPath: NSTemporaryDirectory())
    .appendingPathComponent("AnalysisServerTests-\(UUID().uuidString)")
  var path: String { directory.appendingPathComponent("live.db").path }

  init() throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: directory) }

  func server(_ options: ServerOptions = Self.options) throws -> AnalysisServer {
    AnalysisServer(
      database: AnalysisReader(path: path, timeLimit: .seconds(600)),
      address: try #require(ListenAddress(parsing: "127.0.0.1:0")), options: options)
  }

  private static var options: ServerOptions {
    var options = ServerOptions()
    options.interfaces = {
      [NetworkInterface(name: "eth7", state: .up, hardwareType: 1, mtuOctets: 1_500)]
    }
    return options
  }

  /// Writes what only a capture would.
  func execute(_ sql: String, after store: () throws -> Void) throws {
    try store()
    try DatabaseQueue(path: path).write { db in try db.execute(sql: sql) }
  }

  /// Asks each in turn.
  func asking(
    _ setup: TestingSetup = .router,
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
  ) async throws {
    try await server().application().test(setup) { try await body($0) }
  }

  /// `associations` of MACsec, the nth of which lost n packets in n gaps.
  static func report(associations: Int, packets: UInt64 = 1_000) -> AnalysisReport {
    var report = AnalysisReport()
    report.points = ["tap/1"]
    report.files = ["link.pcap"]
    var capture = CaptureSummary(file: 0, format: .pcap, point: 0)
    capture.packets = packets * UInt64(associations)
    report.captures = [capture]
    report.totals.packets = capture.packets
    report.totals.macsec = capture.packets
    report.bucketNanoseconds = 1_000_000_000
    report.blindIntervals = [
      BlindInterval(point: 0, start: nil, end: time(1), reason: .interfaceDown, drops: 0),
      BlindInterval(point: 0, start: time(20), end: time(25), reason: .ringFull, drops: 9),
    ]
    for port in 1...5 as ClosedRange<UInt16> {
      var flow = FlowSummary(
        key: FlowKey(
          point: 0, ipProtocol: 17, source: IPAddress(ipv4: 0x0A00_0001),
          destination: IPAddress(ipv4: 0x0A00_0002), sourcePort: 1_000 + port, destinationPort: 53))
      (flow.packets, flow.octets) = (UInt64(port), 64 * UInt64(port))
      (flow.firstTime, flow.lastTime) = (time(Int64(port)), time(Int64(port) + 1))
      flow.firstFrame = FrameReference(file: 0, frame: UInt64(port), time: flow.firstTime)
      report.flows.append(flow)
    }
    for index in 0..<associations {
      let sci = SCI(rawValue: 0x0200_0000_0A00_0001 + UInt64(index) << 16)
      var association = AssociationSummary(
        key: AssociationKey(
          point: 0, identity: .macsec(MACsecIdentity(sci: sci, an: 1, vlans: VLANStack()))))
      association.id = UInt64.max - UInt64(index)
      association.packets = packets
      association.distinct = packets
      association.lowestNumber = 1
      association.highestNumber = packets + UInt64(index)
      association.gaps = UInt64(index)
      association.firstFrame = FrameReference(file: 0, frame: 1, time: time(0))
      association.firstTime = time(0)
      association.lastTime = time(60)
      report.associations.append(association)
      for second in 0..<60 as Range<Int64> {
        var bucket = TimeBucket(association: association.id, start: time(second))
        (bucket.packets, bucket.lost) = (packets, 1)
        report.buckets.append(bucket)
      }
      report.skips.append(
        SequenceGap(
          association: association.id, firstMissing: 5_000, lastMissing: 5_001,
          before: FrameReference(file: 0, frame: 1, time: time(0)),
          after: FrameReference(file: 0, frame: 2, time: time(1))))
      report.suspectFrames.append(
        SuspectFrame(
          association: association.id, number: 77,
          frame: FrameReference(file: 0, frame: 3 + UInt64(index), time: time(2))))
      for number in 0..<UInt64(index) {
        report.gaps.append(
          SequenceGap(
            association: association.id, firstMissing: 2 + 2 * number, lastMissing: 2 + 2 * number,
            before: FrameReference(file: 0, frame: 10 + number, time: time(Int64(number))),
            after: FrameReference(file: 0, frame: 11 + number, time: time(Int64(number) + 1))))
      }
    }
    return report
  }

  static func time(_ seconds: Int64) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: 1_800_000_000_000_000_000 + seconds * 1_000_000_000)
  }
}

extension TestResponse {
  var object: [String: Any] {
    get throws {
      try #require(
        try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any])
    }
  }

  var items: [[String: Any]] {
    get throws { try #require(try object["items"] as? [[String: Any]]) }
  }
}

extension TestClientProtocol {
  /// The answer, which must be as the description of the API has it.
  func get(_ uri: String, headers: HTTPFields = [:]) async throws -> TestResponse {
    let answer = try await execute(uri: uri, method: .get, headers: headers)
    let path = String(uri.prefix { $0 != "?" })
    let isOurs = path.hasPrefix("/api/") || path.hasSuffix("z") || path == "/metrics"
    if isOurs, let specification = Specification.own {
      let mistakes = try specification.mistakes(answer, to: path)
      #expect(mistakes.isEmpty, "\(uri)")
    }
    return answer
  }
}

/// Blocking calls have a thread of their own: those of tests are few, and the server needs them.
func blocking<Result: Sendable>(
  _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Swift.Result { try work() }) }.start()
  }
}

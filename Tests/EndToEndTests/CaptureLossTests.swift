import CaptureInput
import Foundation
@testable import PacketAnalysis
import ReportFormats
import Testing
import TrafficGenerator

/// Traffic of which the capture missed a time, beside traffic of which the link lost packets.
@Suite("Probable losses of the capture")
struct CaptureLossTests {
  private let folder: CaptureFolder

  init() throws { folder = try CaptureFolder() }

  private func traffic(
    flows: Int = 20, protocols: ProtocolMix = .macsec, loss: Double = 0,
    seed: UInt64 = 1
  ) throws -> [UInt8] {
    var options = GeneratorOptions()
    (options.flows, options.packets, options.seed) = (flows, 40_000, seed)
    options.protocols = protocols
    options.sizes = .fixed(64)
    options.scenarios = loss > 0 ? [Scenario(.loss(rate: loss))] : []
    var sink = MemorySink()
    _ = try TrafficGenerator(options: options).run(into: &sink, name: "test.pcap")
    return sink.octets
  }

  /// Without the frames of a time, from the first one on, in microseconds; where `isMeant` says so of
  /// the frame.
  private func without(
    _ missed: ClosedRange<Int>, of octets: [UInt8],
    where isMeant: (ArraySlice<UInt8>) -> Bool = { _ in true }
  ) -> [UInt8] {
    let records = SplitCapture(octets).records
    func time(_ record: ArraySlice<UInt8>) -> Int {
      func field(_ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(record[record.startIndex + offset + $1]) << (8 * $1) }
      }
      return field(0) * 1_000_000 + field(4)
    }
    let first = time(records[0])
    let kept = records.filter { !missed.contains(time($0) - first) || !isMeant($0) }
    return Array(octets[..<24] + kept.joined())
  }

  private func report(_ octets: [UInt8]) throws -> AnalysisReport {
    try analyze(folder.write(octets, "test.pcap"))
  }

  @Test(
    "a time in which nothing was captured is found, and all its gaps have it for a cause",
    arguments: [ProtocolMix.macsec, .ipsec, .mixed])
  func outage(protocols: ProtocolMix) throws {
    let report = try report(without(20_000...21_000, of: traffic(protocols: protocols)))
    let loss = try #require(report.captureLosses.first)
    #expect(report.captureLosses.count == 1)
    #expect(loss.associations >= CaptureLoss.leastSenders)
    #expect(loss.associations == loss.activeAssociations)
    #expect(loss.end.nanosecondsSinceEpoch - loss.start.nanosecondsSinceEpoch >= 1_000_000)
    #expect(loss.gaps == report.gaps.count)
    #expect(loss.lost == report.associations.reduce(0) { $0 + $1.lost })
    #expect(report.gaps.allSatisfy { $0.cause == SequenceGap.captureLossCause })
    // It is no blind interval, which somebody would have counted.
    #expect(report.associations.allSatisfy { $0.lostBlind == 0 })
  }

  @Test(
    "what associations lose independently is never the capture's, however much it is",
    arguments: [0.001, 0.01, 0.05, 0.2, 0.5], 1...4 as ClosedRange<UInt64>)
  func independentLosses(rate: Double, seed: UInt64) throws {
    let report = try report(traffic(flows: 12 * Int(seed), loss: rate, seed: seed))
    #expect(report.gaps.count > 10)
    #expect(report.captureLosses == [])
    #expect(report.gaps.allSatisfy { $0.cause == nil })
  }

  @Test("among losses of the link, only the gaps that span the time are marked")
  func both() throws {
    let report = try report(without(20_000...21_000, of: traffic(loss: 0.01)))
    let loss = try #require(report.captureLosses.first)
    #expect(report.captureLosses.count == 1)
    let marked = report.gaps.filter { $0.cause != nil }
    #expect(loss.gaps == marked.count)
    #expect(loss.lost == marked.reduce(0) { $0 + $1.missing })
    #expect(marked.allSatisfy { $0.before.time ?? .absent <= loss.start })
    #expect(marked.allSatisfy { $0.after.time ?? .absent >= loss.end })
    #expect(report.gaps.count > marked.count + 100)
  }

  @Test("the first look passes over nothing", arguments: 1...20 as ClosedRange<UInt64>)
  func firstLook(seed: UInt64) throws {
    let length = Int(seed * seed) * 10
    let octets = without(
      20_000...(20_000 + length), of: try traffic(loss: Double(seed) / 500, seed: seed))
    var report = try report(octets)
    let found = report.captureLosses
    report.findCaptureLosses()
    #expect(found == report.captureLosses)
    if seed > 10 { #expect(!found.isEmpty) }
  }

  @Test("a time that some senders came through is the link's")
  func partly() throws {
    let octets = try traffic()
    // By the last octet of the source address.
    let report = try report(
      without(20_000...21_000, of: octets) { $0[$0.startIndex + 27] % 2 == 0 })
    #expect(report.gaps.count >= 5)
    #expect(report.captureLosses == [])
  }

  @Test("threads, and analyzers that share the channels, find the same")
  func divided() throws {
    let octets = without(20_000...21_000, of: try traffic(loss: 0.01))
    let path = try folder.write(octets, "test.pcap")
    let whole = try analyze(path)
    #expect(whole.captureLosses.count == 1)
    for threads in 2...5 {
      let captures = try CaptureSet([CaptureInputArgument(path: path)])
      captures.threadCount = ThreadCount(threads, leastPartOctets: 1)
      let analyzer = PacketAnalyzer(options: AnalysisOptions())
      while captures.analyzeNext(analyzer) != nil {}
      var run = RunDescription()
      (run.files, run.points) = ([path], captures.points)
      let report = analyzer.finish(run)
      #expect(report.captureLosses == whole.captureLosses)
      #expect(report.gaps.map { $0.cause } == whole.gaps.map { $0.cause })
    }

    let records = SplitCapture(octets).records
    let parts = try (0..<3).map { part in
      let own = records.filter { $0[$0.startIndex + 27] % 3 == part }
      return try report(Array(octets[..<24] + own.joined()))
    }
    var run = RunDescription()
    (run.files, run.points) = (whole.files, whole.points)
    let joined = AnalysisReport(joining: parts, run: run)
    #expect(joined.captureLosses == whole.captureLosses)
    #expect(joined.gaps.count { $0.cause != nil } == whole.gaps.count { $0.cause != nil })
  }
}

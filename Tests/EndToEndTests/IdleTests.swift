import CaptureInput
import CaptureTestSupport
import Foundation
@testable import PacketAnalysis
import Testing

/// A tap that is left alone for long: senders come and go, some stay.
@Suite("The idle timeout on a long capture")
struct LongCaptureTests {
  private static let hours = 200
  private static let limit = 60

  /// Each hour twenty senders come that are heard for some minutes; two are there all the time.
  private func capture() -> [UInt8] {
    var writer = CaptureWriter()
    writer.pcapHeader()
    for hour in 0..<Self.hours {
      for minute in 0..<10 {
        for sender in 0..<22 {
          let isOfHour = sender >= 2
          let sci = 0x0200_0000_0000_0000 + UInt64(isOfHour ? 1_000 + hour * 20 + sender : sender)
          // Of each a packet is lost in the fifth minute.
          var number = UInt32(minute + 1 + (minute >= 5 ? 1 : 0))
          if !isOfHour { number += UInt32(hour * 11) }
          var payload: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xE5, 0x2C, 0]
          payload += (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
          payload += (0..<8).map { UInt8(truncatingIfNeeded: sci >> (56 - 8 * $0)) }
          payload += [UInt8](repeating: 0xAA, count: 64)
          writer.pcapRecord(
            seconds: 1_700_000_000 + UInt32(hour * 3_600 + minute * 60), fraction: UInt32(sender),
            first: UInt32(payload.count), second: UInt32(payload.count), payload: payload)
        }
      }
    }
    return writer.octets
  }

  private func options(_ idleSeconds: Int64?) -> AnalysisOptions {
    var options = AnalysisOptions()
    options.limits.associations = Self.limit
    options.limits.idleNanoseconds = idleSeconds.map { $0 * 1_000_000_000 }
    return options
  }

  @Test("follows everybody in bounded memory, and counts every packet")
  func bounded() throws {
    let folder = try CaptureFolder()
    let path = try folder.write(capture(), "long.pcap")
    let report = try analyze(path, options: options(3_600))
    #expect(report.associations.count <= Self.limit)
    let givenUp = try #require(report.givenUp)
    #expect(givenUp.unfollowed.packets == 0)
    let silent = givenUp.silent.sums
    let packets = report.associations.reduce(silent.packets) { $0 + $1.packets }
    let octets = report.associations.reduce(silent.octets) { $0 + $1.octets }
    #expect(packets == report.totals.macsec)
    #expect(octets == report.totals.octets)
    let lost = report.associations.reduce(silent.lost) { $0 + $1.lost }
    #expect(lost == report.totals.macsec / 10)
    #expect(report.notes.contains { $0.contains("--idle-timeout") })
    // Those that stay are whole.
    for sender in 0..<2 as Range<UInt64> {
      let row = report.associations.first {
        if case .macsec(let identity) = $0.key.identity {
          return identity.sci.rawValue == 0x0200_0000_0000_0000 + sender
        }
        return false
      }
      #expect(row?.packets == UInt64(10 * Self.hours))
      #expect(row?.lost == UInt64(Self.hours))
    }
    // Without it those that come when there is no room are not followed.
    let without = try analyze(path, options: options(nil))
    #expect(try #require(without.givenUp).unfollowed.packets > report.totals.macsec / 2)
  }

  @Test(
    "is the same however many threads there are, and where it is longer than any silence, nothing")
  func same() throws {
    let folder = try CaptureFolder()
    let path = try folder.write(capture(), "long.pcap")
    func report(_ options: AnalysisOptions, threads: Int) throws -> AnalysisReport {
      let captures = try CaptureSet([CaptureInputArgument(path: path)])
      captures.threadCount = ThreadCount(threads, leastPartOctets: 1)
      let analyzer = PacketAnalyzer(options: options)
      while captures.analyzeNext(analyzer) != nil {}
      var run = RunDescription()
      (run.files, run.points) = ([path], captures.points)
      run.captures = captures.summaries()
      return analyzer.finish(run)
    }
    #expect(try report(options(3_600), threads: 4) == report(options(3_600), threads: 1))
    var (with, without) = (options(4_000), options(nil))
    (with.limits.associations, without.limits.associations) = (.max, .max)
    let report = try report(with, threads: 1)
    #expect(report.reopenings == 0)
    #expect(report.givenUp == nil)
    #expect(try report == analyzeAgain(path, without))
    // The two that stay are silent for 51 minutes each hour.
    var short = with
    short.limits.idleNanoseconds = 600_000_000_000
    let reopened = try analyze(path, options: short)
    #expect(reopened.reopenings == UInt64(2 * (Self.hours - 1)))
    #expect(reopened.givenUp == nil)
    #expect(reopened.associations == report.associations)
    #expect(reopened.gaps == report.gaps)
  }

  private func analyzeAgain(_ path: String, _ options: AnalysisOptions) throws -> AnalysisReport {
    var report = try analyze(path, options: options)
    report.blindIntervals = []
    return report
  }
}

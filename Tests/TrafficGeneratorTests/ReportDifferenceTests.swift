import PacketAnalysis
import Testing

@testable import TrafficGenerator

@Suite("Differences between truth and report")
struct ReportDifferenceTests {
  static func truth() throws -> AnalysisReport {
    try TruthInvariantTests.everything(seed: 2).generate().truth
  }

  @Test("are none between equals, whatever the ids")
  func equal() throws {
    let truth = try Self.truth()
    var report = truth
    for index in report.associations.indices { report.associations[index].id += 1 << 40 }
    for index in report.gaps.indices { report.gaps[index].association += 1 << 40 }
    for index in report.skips.indices { report.skips[index].association += 1 << 40 }
    for index in report.suspectFrames.indices {
      report.suspectFrames[index].association += 1 << 40
    }
    #expect(ReportDifference.differences(truth: truth, report: report).isEmpty)
  }

  @Test("are found in every part, and name what differs")
  func changes() throws {
    let truth = try Self.truth()
    let changes: [(String, (inout AnalysisReport) -> Void)] = [
      ("duplicates: ", { $0.associations[3].duplicates += 1 }),
      ("reordered: ", { $0.associations[0].reordered += 1 }),
      ("highestNumber: ", { $0.associations[0].highestNumber = nil }),
      ("interArrival: ", { $0.associations[0].interArrival?.meanNanoseconds += 1 }),
      ("not reported", { $0.associations.removeLast() }),
      ("there is none", { $0.associations[1].epoch += 9 }),
      ("place 0", { $0.associations.swapAt(0, 1) }),
      ("gap ", { $0.gaps[2].lastMissing += 1 }),
      ("before: frame", { $0.gaps[2].before.frame += 1 }),
      ("after: frame", { $0.gaps[2].after.time = nil }),
      ("not reported", { $0.gaps.removeFirst() }),
      ("reported twice", { $0.gaps.append($0.gaps[0]) }),
      ("skip ", { $0.skips[0].firstMissing += 1 }),
      ("suspect in frame", { $0.suspectFrames[0].number += 1 }),
      ("suspectFrames: ", { $0.suspectFrames.removeLast() }),
      ("totals macsec: ", { $0.totals.macsec += 1 }),
      ("capture 1 timeSteps: ", { $0.captures[0].timeSteps += 1 }),
      ("flows: ", { $0.flows.removeFirst() }),
      ("packets: ", { $0.flows[0].packets += 1 }),
    ]
    for (text, change) in changes {
      var report = truth
      change(&report)
      let found = ReportDifference.differences(truth: truth, report: report)
      #expect(found.contains { $0.contains(text) }, "\(text): \(found)")
    }
  }

  @Test("are listed up to a limit")
  func limit() throws {
    let truth = try Self.truth()
    let found = ReportDifference.differences(truth: truth, report: AnalysisReport(), limit: 5)
    #expect(found.count == 6)
    #expect(found.last?.contains("more differences") == true)
  }
}

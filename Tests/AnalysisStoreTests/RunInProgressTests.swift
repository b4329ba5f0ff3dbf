import Foundation
import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("A run in progress")
struct RunInProgressTests {
  private func waitUntilIdle(_ run: RunInProgress) {
    while run.isStoring { usleep(1_000) }
  }

  @Test("is one run, whole at any time, that has the last state")
  func states() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("live.db"))
    try store.store(RandomReport.make(seed: 99))
    let run = RunInProgress(in: store, options: AnalysisOptions())
    for seed in 1...5 as ClosedRange<UInt64> {
      let report = RandomReport.make(seed: seed)
      run.store { report }
      waitUntilIdle(run)
      #expect(run.takeError() == nil)
      #expect(try store.runs().map(\.run) == [1, 2])
      #expect(try store.readReport(run: 2) == report)
    }
    let last = RandomReport.make(seed: 6)
    try run.finish(last)
    #expect(try store.runs().map(\.run) == [1, 2])
    #expect(try store.readReport(run: 2) == last)
    #expect(try store.readReport(run: 1) == RandomReport.make(seed: 99))
  }

  @Test("a state that cannot be stored leaves the one before, and the next is tried")
  func failure() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("live.db"))
    let run = RunInProgress(in: store, options: AnalysisOptions())
    let first = RandomReport.make(seed: 1)
    run.store { first }
    waitUntilIdle(run)
    // Names a file that is not there: the last rows of it break a rule of the schema.
    var broken = RandomReport.make(seed: 2)
    broken.captures[0].file = 77
    let report = broken
    run.store { report }
    waitUntilIdle(run)
    #expect(run.takeError() != nil)
    #expect(run.takeError() == nil)
    #expect(try store.readReport(run: 1) == first)
    try run.finish(RandomReport.make(seed: 3))
    #expect(try store.readReport(run: 1) == RandomReport.make(seed: 3))
  }

  @Test("whoever offers a state does not wait, and none waits for another")
  func busy() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("live.db"))
    let run = RunInProgress(in: store, options: AnalysisOptions())
    let report = RandomReport.make(seed: 1)
    let gate = DispatchSemaphore(value: 0)
    run.store {
      gate.wait()
      return report
    }
    #expect(run.isStoring)
    // Would never end if it were taken.
    run.store { preconditionFailure("taken while another is stored") }
    gate.signal()
    waitUntilIdle(run)
    #expect(try store.runs().count == 1)
  }

  @Test("a state that is being stored is given up for the last one")
  func interrupted() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("live.db"))
    let run = RunInProgress(in: store, options: AnalysisOptions())
    let (first, long) = (
      RandomReport.make(seed: 1), RandomReport.make(seed: 2, associations: 20_000)
    )
    run.store { first }
    waitUntilIdle(run)
    run.store { long }
    let last = RandomReport.make(seed: 3)
    try run.finish(last)
    #expect(try store.readReport(run: 1) == last)
    #expect(try store.runs().count == 1)
    // Once it was counted, and told as a database that could not be written.
    #expect(run.failedStates == 0)
  }

  @Test("the run of another capture of nothing is left alone")
  func nothing() throws {
    let directory = try TemporaryDirectory()
    let store = try AnalysisStore(path: directory.file("live.db"))
    try store.store(AnalysisReport())
    let run = RunInProgress(in: store, options: AnalysisOptions())
    run.store { AnalysisReport() }
    waitUntilIdle(run)
    try run.finish(RandomReport.make(seed: 1))
    #expect(try store.runs().map(\.packets) == [0, RandomReport.make(seed: 1).totals.packets])
  }
}

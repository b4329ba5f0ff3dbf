import CaptureTestSupport
import Foundation
import GRDB
import PacketAnalysis
import Testing

@testable import AnalysisStore

@Suite("States of a run that lasts")
struct StateTests {
  private let directory: TemporaryDirectory
  private let store: AnalysisStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try AnalysisStore(path: directory.file("live.db"))
  }

  /// A full hour, not so long ago that its history would be too old.
  private let hour =
    Timestamp.now.nanosecondsSinceEpoch / 3_600_000_000_000 * 3_600_000_000_000

  private func time(_ seconds: Double) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: hour + Int64(seconds * 1e9))
  }

  private func keep(_ report: AnalysisReport, at time: Timestamp, in run: RunInProgress) {
    run.store(at: time) { report }
    while run.isStoring { usleep(500) }
  }

  /// Another state of the same run: some associations went on, one came, one turned out to be none.
  private func later(_ report: AnalysisReport, seed: UInt64) -> AnalysisReport {
    var (random, report) = (SplitMix64(seed: seed), report)
    for position in report.associations.indices where random.chance(30) {
      report.associations[position].packets += 5
      report.associations[position].duplicates += 5
      report.associations[position].octets += 500
      report.associations[position].reordered += random.below(3)
    }
    // A gap of which everything came after all, in part or as a whole.
    let healed = Int(random.below(UInt64(report.gaps.count)))
    let gap = report.gaps[healed]
    if let owner = report.associations.firstIndex(where: { $0.id == gap.association }) {
      let came = random.chance(50) ? gap.missing : (gap.missing + 1) / 2
      report.associations[owner].distinct += came
      report.associations[owner].packets += came
      report.associations[owner].lostBlind = 0
      if came == gap.missing {
        report.gaps.remove(at: healed)
        report.associations[owner].gaps -= 1
      } else {
        report.gaps[healed].firstMissing += came
      }
    }
    if random.chance(60) {
      // Its frame came before those of others that are known: they all move.
      let other = RandomReport.make(seed: seed &+ 1_000, associations: 1)
      if let association = other.associations.first {
        report.associations.insert(
          association, at: Int(random.below(UInt64(report.associations.count))))
        var gaps = Array(report.gaps) + Array(other.gaps)
        let positions = Dictionary(
          uniqueKeysWithValues: zip(report.associations.map(\.id), 0...))
        gaps.sort {
          (positions[$0.association] ?? 0, $0.firstMissing)
            < (positions[$1.association] ?? 0, $1.firstMissing)
        }
        report.gaps = ReportRows(gaps)
      }
    }
    if random.chance(40) {
      let gone = report.associations.remove(
        at: Int(random.below(UInt64(report.associations.count))))
      report.gaps.removeAll { $0.association == gone.id }
      report.skips.removeAll { $0.association == gone.id }
      report.suspectFrames.removeAll { $0.association == gone.id }
      report.buckets.removeAll { $0.association == gone.id }
    }
    report.flows[Int(random.below(UInt64(report.flows.count)))].packets += 1
    report.captures[0].packets += random.below(100)
    report.notes = ["seed \(seed)"]
    return report
  }

  @Test(
    "the last state is what one store of the whole report is",
    arguments: 1...12 as ClosedRange<UInt64>)
  func equalsOneStore(seed: UInt64) throws {
    let run = RunInProgress(in: store, options: AnalysisOptions(), began: time(0))
    var report = RandomReport.make(seed: seed)
    for step in 1...8 {
      keep(report, at: time(Double(step)), in: run)
      #expect(run.takeError() == nil)
      #expect(try store.readReport(run: 1) == report)
      #expect(try RunDump.historyMistakes(of: 1, in: store) == [])
      report = later(report, seed: seed &* 100 &+ UInt64(step))
    }
    // Something else altogether, as when everything moves.
    var other = RandomReport.make(seed: seed &+ 500, associations: 30)
    // The frames of a point only become fewer where a file is read once more.
    other.captures = report.captures
    keep(other, at: time(9), in: run)
    #expect(try store.readReport(run: 1) == other)
    try run.finish(report, at: time(10))

    let whole = try AnalysisStore(path: directory.file("whole.db"))
    try whole.store(report)
    let (states, one) = (
      try RunDump.tables(of: 1, in: store), try RunDump.tables(of: 1, in: whole)
    )
    for (table, rows) in one { #expect(states[table] == rows, "\(table)") }
    #expect(try RunDump.historyMistakes(of: 1, in: store) == [])
    let problems = try store.pool.read { db in
      (try String.fetchAll(db, sql: "PRAGMA integrity_check"), try db.foreignKeyViolations().next())
    }
    #expect(problems.0 == ["ok"])
    #expect(problems.1 == nil)
  }

  @Test("only rows that changed are written")
  func writesLittle() throws {
    let run = RunInProgress(in: store, options: AnalysisOptions(), began: time(0))
    var report = RandomReport.make(seed: 1, associations: 2_000)
    func written(_ report: AnalysisReport, _ seconds: Double) throws -> Int {
      let before = try store.pool.write { db in db.totalChangesCount }
      keep(report, at: time(seconds), in: run)
      return try store.pool.write { db in db.totalChangesCount } - before
    }
    #expect(try written(report, 1) > 10_000)
    // The row of the run gets its digest with the second state.
    #expect(try written(report, 2) <= 2)
    #expect(try written(report, 3) == 1)
    report.associations[77].packets += 1
    report.associations[77].duplicates += 1
    report.flows[3].packets += 1
    report.captures[1].packets += 1
    // Association and its share, its three rows of history, flow, capture, three of each of two points,
    // progress.
    #expect(try written(report, 4) == 2 + 3 + 1 + 1 + 6 + 1)
  }

  @Test("the same again changes nothing: what was stored while it lasted goes")
  func sameAgain() throws {
    let report = RandomReport.make(seed: 5)
    try store.store(report)
    let run = RunInProgress(in: store, options: AnalysisOptions(), began: time(0))
    keep(later(report, seed: 5), at: time(1), in: run)
    #expect(try store.runs().map(\.run) == [1, 2])
    try run.finish(report, at: time(2))
    #expect(try store.runs().map(\.run) == [1])
    #expect(try store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM history") } == 0)
  }

  @Test("where files were read once more, drops were taken off that nobody had seen")
  func loops() throws {
    var report = AnalysisReport()
    report.points = ["eth0"]
    report.files = ["eth0"]
    report.captures = [CaptureSummary(file: 0, format: .pcapng, point: 0)]
    let run = RunInProgress(in: store, options: AnalysisOptions(), began: time(10))
    for (second, packets, drops) in [(11, 500, 4), (12, 900, 7), (13, 100, 1), (14, 500, 4)] {
      report.captures[0].packets = UInt64(packets)
      report.captures[0].capturedDrops = UInt64(drops)
      keep(report, at: time(Double(second)), in: run)
    }
    let rows = try store.pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT packets, drops FROM point_history WHERE width_s = 1 ORDER BY start"
      ).map { [$0[0], $0[1]] as [Int64] }
    }
    #expect(rows == [[500, 4], [400, 3], [100, 1], [400, 3]])
  }

  @Test("a difference is in the rows of the middle between its states")
  func rowsInTime() throws {
    var report = AnalysisReport()
    report.points = ["eth0"]
    report.files = ["eth0"]
    report.captures = [CaptureSummary(file: 0, format: .live, point: 0)]
    func state(_ packets: UInt64, drops: UInt64) -> AnalysisReport {
      report.captures[0].packets = packets
      report.captures[0].capturedDrops = drops
      return report
    }
    let run = RunInProgress(in: store, options: AnalysisOptions(), began: time(10))
    keep(state(5, drops: 0), at: time(11), in: run)
    keep(state(7, drops: 4), at: time(12.1), in: run)
    // Storing was slow: the middle of 12.1 s to 16.9 s.
    keep(state(17, drops: 4), at: time(16.9), in: run)
    // The clock was set back.
    keep(state(18, drops: 4), at: time(3), in: run)
    let rows = try store.pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT start, packets, drops FROM point_history WHERE width_s = 1 ORDER BY start"
      ).map { [$0[0], $0[1], $0[2]] as [Int64] }
    }
    #expect(
      rows.map { [($0[0] - hour) / 1_000_000_000, $0[1], $0[2]] } == [
        [10, 5, 0], [11, 2, 4], [14, 10, 0], [16, 1, 0],
      ])
  }

  @Test("an association that made room for others keeps its history, and its point its sums")
  func madeRoom() throws {
    var options = AnalysisOptions()
    options.limits.idleNanoseconds = 60_000_000_000
    var report = AnalysisReport()
    report.points = ["eth0"]
    report.files = ["eth0"]
    report.captures = [CaptureSummary(file: 0, format: .live, point: 0)]
    func association(_ spi: UInt32, lastSeconds: Double) -> AssociationSummary {
      let address = IPAddress(ipv4: 0xC000_0200 + spi)
      var row = AssociationSummary(
        key: AssociationKey(
          point: 0,
          identity: .ipsec(
            IPsecIdentity(
              securityProtocol: .esp, source: address, destination: address, spi: spi, ports: nil)
          )))
      row.id = UInt64(spi)
      (row.packets, row.distinct, row.lowestNumber, row.highestNumber) = (8, 8, 1, 10)
      (row.firstTime, row.lastTime) = (time(0), time(lastSeconds))
      return row
    }
    report.associations = [association(1, lastSeconds: 1), association(2, lastSeconds: 5)]
    let run = RunInProgress(in: store, options: options, began: time(0))
    keep(report, at: time(6), in: run)
    // The first made room; of the second it turned out that it was none.
    report.associations = [association(3, lastSeconds: 62)]
    var (givenUp, sums) = (GivenUp(), AssociationSums())
    (sums.packets, sums.distinct, sums.expected) = (8, 8, 10)
    givenUp.silent = RowlessEpochs(count: 1, [.init(point: 0, .macsec): sums])
    report.givenUp = givenUp
    keep(report, at: time(63), in: run)
    let (ids, lost) = try store.pool.read { db in
      (
        try Int64.fetchAll(db, sql: "SELECT DISTINCT id FROM history ORDER BY id"),
        try Int64.fetchOne(db, sql: "SELECT sum(lost) FROM point_history WHERE width_s = 60")
      )
    }
    #expect(ids == [1, 3])
    #expect(lost == 4)
  }

  @Test("seconds are of those to which something happens, and of the worst")
  func seconds() throws {
    let whole = RandomReport.make(seed: 3, associations: 400)
    let run = RunInProgress(in: store, options: AnalysisOptions(), began: time(0))
    keep(whole, at: time(1), in: run)
    var next = whole
    for position in next.associations.indices {
      next.associations[position].octets += 1
    }
    next.associations[17].lostBlind += 1
    keep(next, at: time(61), in: run)
    let counts = try store.pool.read { db in
      try [1, 60].map { width in
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM history WHERE width_s = ?
              AND start = (SELECT max(start) FROM history WHERE width_s = ?)
            """, arguments: [width, width])
      }
    }
    #expect(counts[1] == 400)
    // One that is not among the worst, or is.
    #expect([100, 101].contains(counts[0]))
  }
}

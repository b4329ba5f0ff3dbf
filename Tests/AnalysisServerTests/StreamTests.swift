@testable import AnalysisStore
import Foundation
import HummingbirdTesting
import NIOCore
import PacketAnalysis
import Testing

@testable import AnalysisServer

@Suite("The event stream")
struct StreamTests {
  private let served: Served
  private let store: AnalysisStore
  private let hub: StreamHub

  init() throws {
    served = try Served()
    store = try AnalysisStore(path: served.path)
    hub = StreamHub(reader: AnalysisReader(path: served.path, timeLimit: .seconds(600)))
  }

  /// An event as a browser takes it apart.
  private struct Event {
    var id: String
    var name: String
    var data: JSONValue

    init(_ text: ByteBuffer) throws {
      var fields: [Substring: Substring] = [:]
      let lines = String(buffer: text).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.suffix(2) == ["", ""])
      for line in lines.dropLast(2) {
        let parts = line.split(separator: ":", maxSplits: 1)
        #expect(fields.updateValue(parts[1].dropFirst(), forKey: parts[0]) == nil)
      }
      (id, name) = (String(fields["id"] ?? ""), String(fields["event"] ?? ""))
      data = try JSONValue(Data((fields["data"] ?? "").utf8))
    }
  }

  /// All that has come.
  private func events(_ position: inout StreamHub.Position) async throws -> [Event] {
    var events: [Event] = []
    while let text = await hub.new(&position) { events.append(try Event(text)) }
    return events
  }

  /// A state with so many gaps of the last association, the last of which is the newest.
  private func state(_ record: RunRecord, gaps: UInt64, second: Int64) throws -> RunRecord {
    var report = Served.report(associations: 3)
    report.gaps = []
    report.associations[2].gaps = gaps
    report.associations[2].highestNumber = 1_000 + gaps
    for number in 0..<gaps {
      report.gaps.append(
        SequenceGap(
          association: report.associations[2].id, firstMissing: 2 + 2 * number,
          lastMissing: 2 + 2 * number,
          before: FrameReference(file: 0, frame: 1, time: Served.time(Int64(number / 100))),
          after: FrameReference(file: 0, frame: 2, time: Served.time(Int64(number / 100) + 1))))
    }
    return try store.store(
      RunState(report: report, time: Served.time(second)), options: AnalysisOptions(),
      after: record)
  }

  @Test("has a state at each look, and gaps once, when they are new")
  func gaps() async throws {
    defer { served.remove() }
    var record = try state(RunRecord(began: Served.time(0)), gaps: 3, second: 1)
    var position = StreamHub.Position(message: 0)
    await hub.look()
    let first = try await events(&position)
    #expect(first.map(\.name) == ["state"])
    #expect(first[0].data["sums"]?["lost"] == .integer(1 + 3))
    #expect(first[0].data["progress"]?["state"] == .string("running"))

    await hub.look()
    #expect(try await events(&position).map(\.name) == ["state"])

    record = try state(record, gaps: 5, second: 2)
    await hub.look()
    let second = try await events(&position)
    #expect(second.map(\.name) == ["gaps", "state"])
    #expect(
      second[0].data["items"]?.elements.map { $0["firstMissing"] } == [.string("8"), .string("10")])
    #expect(second[0].data["further"] == .integer(0))

    // Many at once: the newest, and how many there are besides.
    record = try state(record, gaps: 405, second: 3)
    await hub.look()
    let third = try await events(&position)[0]
    #expect(third.data["items"]?.elements.count == 100)
    #expect(third.data["items"]?.elements.last?["firstMissing"] == .string("810"))
    #expect(third.data["further"] == .integer(300))

    // One heals, which is no news.
    record = try state(record, gaps: 404, second: 4)
    await hub.look()
    #expect(try await events(&position).map(\.name) == ["state"])
  }

  @Test("goes on where a reader was; says so where it cannot")
  func resuming() async throws {
    defer { served.remove() }
    var record = try state(RunRecord(began: Served.time(0)), gaps: 1, second: 1)
    await hub.look()
    var position = StreamHub.Position(message: 0)
    _ = try await events(&position)
    var last = ""
    for gaps in 2...4 as ClosedRange<UInt64> {
      record = try state(record, gaps: gaps, second: Int64(gaps))
      await hub.look()
      if gaps == 2 { last = try #require(try await events(&position).last).id }
    }
    var again = await hub.position(last)
    let events = try await events(&again)
    #expect(events.map(\.name) == ["gaps", "gaps", "state"])
    #expect(events[0].data["items"]?.elements[0]["firstMissing"] == .string("6"))
    for other in ["", "x", "abc-1", last + "9", "-", "1-2-3"] {
      var position = await hub.position(other)
      #expect(try await self.events(&position).map(\.name) == ["missed", "state"], "\(other)")
    }
  }

  @Test("what a slow reader has not taken is bounded, and it is told what it missed")
  func slow() async throws {
    defer { served.remove() }
    let hub = StreamHub(
      reader: AnalysisReader(path: served.path, timeLimit: .seconds(600)), keptOctets: 60_000)
    var record = try state(RunRecord(began: Served.time(0)), gaps: 1, second: 1)
    var position = StreamHub.Position(message: 0)
    await hub.look()
    while await hub.new(&position) != nil {}
    for second in 2...8 as ClosedRange<Int64> {
      record = try state(record, gaps: UInt64(second) * 30, second: second)
      await hub.look()
      #expect(await hub.octets <= 60_000)
    }
    var events: [Event] = []
    while let text = await hub.new(&position) { events.append(try Event(text)) }
    #expect(events.map(\.name) == ["missed", "state"])
    #expect(events[1].data["sums"]?["gaps"] == .integer(1 + 240))
  }

  @Test("followers that hang, of one client, kept all others from following for good")
  func manyReaders() async throws {
    defer { served.remove() }
    let hub = StreamHub(
      reader: AnalysisReader(path: served.path, timeLimit: .seconds(600)), readerLimit: 3)
    let address = { ClientAddress(try SocketAddress(ipAddress: $0, port: 1)) }
    let (greedy, modest) = (try address("192.0.2.1"), try address("192.0.2.2"))
    var first = try #require(await hub.join(last: nil, client: modest))
    var hanging: [StreamHub.Position] = []
    for _ in 0..<3 {
      hanging.append(try #require(await hub.join(last: nil, client: greedy)))
    }
    var last = try #require(await hub.join(last: nil, client: nil))
    #expect(await hub.next(&hanging[0]) == nil)
    #expect(await hub.next(&hanging[1]) == nil)
    #expect(await hub.next(&hanging[2]) != nil)
    #expect(await hub.next(&first) != nil)
    #expect(await hub.next(&last) != nil)
    await hub.close()
    #expect(await hub.join(last: nil, client: modest) == nil)
  }

  @Test("says when the database cannot be read, and goes on when it can")
  func unavailable() async throws {
    let other = try Served()
    defer {
      served.remove()
      other.remove()
    }
    let hub = StreamHub(reader: AnalysisReader(path: other.path, timeLimit: .seconds(600)))
    var position = StreamHub.Position(message: 0)
    await hub.look()
    let text = try #require(await hub.new(&position))
    #expect(try Event(text).name == "unavailable")
    #expect(try Event(text).data["status"] == .integer(503))
    try AnalysisStore(path: other.path).store(Served.report(associations: 3))
    await hub.look()
    #expect(try Event(try #require(await hub.new(&position))).name == "state")
  }

  @Test("restarts of captures come as events")
  func restarts() async throws {
    defer { served.remove() }
    try store.store(Served.report(associations: 3))
    var position = StreamHub.Position(message: 0)
    await hub.look()
    _ = try await events(&position)
    try served.execute(
      "INSERT INTO event VALUES (1, 0, 7, 'restart', NULL, NULL, 'one')", after: {})
    await hub.look()
    let events = try await events(&position)
    #expect(events.map(\.name) == ["events", "state"])
    #expect(events[0].data["items"]?.elements[0]["detail"] == .string("one"))
  }
}

import AnalysisStore
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PacketAnalysis
import Testing

@testable import AnalysisServer

@Suite("The API")
struct RouteTests {
  /// Twenty associations, asked in memory.
  private func asking(
    _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
  ) async throws {
    let served = try Served()
    defer { served.remove() }
    try AnalysisStore(path: served.path).store(Served.report(associations: 20))
    try await served.asking(.router, body)
  }

  @Test("lists the worst associations first, and goes on where a page ended")
  func associations() async throws {
    try await asking { client in
      var lost: [Int] = []
      var cursor = ""
      while true {
        let page = try await client.get("/api/v1/associations?limit=6\(cursor)")
        #expect(page.status == .ok)
        #expect(page.headers[.contentType] == "application/json")
        #expect(try page.object["run"] as? Int == 1)
        lost += try page.items.compactMap { $0["lost"] as? Int }
        guard let next = try page.object["next"] as? String else { break }
        cursor = "&cursor=\(next)"
      }
      #expect(lost == (0..<20).reversed())
      let filtered = try await client.get(
        "/api/v1/associations?minLost=5&sort=packets&total=true&limit=1&protocol=macsec&an=1")
      #expect(try filtered.object["total"] as? Int == 15)
    }
  }

  @Test("an association has the fields of the report; its packet numbers are text")
  func association() async throws {
    try await asking { client in
      let answer = try await client.get("/api/v1/associations/fffffffffffffffc")
      let item = try #require(try answer.object["association"] as? [String: Any])
      #expect(item["id"] as? String == "fffffffffffffffc")
      #expect(item["sci"] as? String == "020000000a030001")
      #expect(item["highestNumber"] as? String == "1003")
      #expect(item["lost"] as? Int == 3)
      // Foundation's reader rounds, so the octets are looked at.
      #expect(String(buffer: answer.body).contains("\"lossRatio\":\(3.0 / 1_003.0),"))
      #expect(item["name"] as? String == "MACsec 02:00:00:00:0a:03/1 AN 1")
      #expect(item["firstTime"] as? String == "2027-01-15T08:00:00.000000000Z")
      #expect(item["interArrivalNanoseconds"] is NSNull)
    }
  }

  @Test("gaps are the latest first, those of an association by number, with filters to find them")
  func gaps() async throws {
    try await asking { client in
      let all = try await client.get("/api/v1/gaps?limit=1000&total=true")
      #expect(try all.object["total"] as? Int == 190)
      let times = try all.items.compactMap { ($0["after"] as? [String: Any])?["time"] as? String }
      #expect(times.count == 190 && times == times.sorted(by: >))
      let own = try await client.get("/api/v1/associations/fffffffffffffffc/gaps")
      #expect(try own.items.compactMap { $0["firstMissing"] as? String } == ["2", "4", "6"])
      let filters = try #require(try own.items[0]["displayFilters"] as? [[String: String]])
      #expect(
        filters == [
          [
            "file": "link.pcap",
            "filter": "macsec.SCI.system_identifier == 02:00:00:00:0a:03 && "
              + "macsec.SCI.port_identifier == 1 && macsec.AN == 1 && "
              + "frame.number >= 10 && frame.number <= 11",
          ]
        ])
      let late = try await client.get("/api/v1/gaps?limit=1000&from=2027-01-15T08:00:19Z")
      #expect(try late.items.count == 1)
    }
  }

  @Test("a series has a point for each interval, of an association as of a point")
  func series() async throws {
    try await asking { client in
      let series = try await client.get(
        "/api/v1/associations/fffffffffffffffc/series?step=10s&to=2027-01-15T08:00:25Z")
      #expect(try series.object["source"] as? String == "bucket")
      #expect(try series.object["to"] as? String == "2027-01-15T08:00:30.000000000Z")
      #expect(try series.object["stepNanoseconds"] as? Int == 10_000_000_000)
      #expect(try series.items.map { $0["lost"] as? Int } == [10, 10, 10])
      #expect(try series.items[1]["start"] as? String == "2027-01-15T08:00:10.000000000Z")
      let point = try await client.get("/api/v1/points/tap%2F1/series?step=10s")
      #expect(try point.object["source"] as? String == "bucket")
      let all = try await client.get("/api/v1/associations?limit=1000").items.count
      #expect(try point.items.map { $0["lost"] as? Int } == Array(repeating: 10 * all, count: 6))
    }
  }

  @Test("an association has its epochs, what was skipped, and what was suspect")
  func findings() async throws {
    try await asking { client in
      let path = "/api/v1/associations/fffffffffffffffc"
      #expect(
        try await client.get("\(path)/epochs").items[0]["id"] as? String == "fffffffffffffffc")
      let skip = try await client.get("\(path)/skips").items[0]
      #expect(skip["firstSkipped"] as? String == "5000" && skip["skipped"] as? Int == 2)
      let suspect = try await client.get("\(path)/suspects").items[0]
      #expect(suspect["number"] as? String == "77" && suspect["file"] as? String == "link.pcap")
    }
  }

  @Test("blind intervals, flows and interfaces are listed, by any column")
  func furtherLists() async throws {
    try await asking { client in
      let blind = try await client.get("/api/v1/blind").items
      #expect(blind.map { $0["reason"] as? String } == ["ringFull", "interfaceDown"])
      #expect(blind[1]["start"] is NSNull && blind[0]["point"] as? String == "tap/1")
      let then = try await client.get("/api/v1/blind?to=2027-01-15T08:00:10Z&reason=interfaceDown")
      #expect(try then.items.count == 1)
      let flows = try await client.get("/api/v1/flows?limit=2")
      #expect(try flows.items.map { $0["packets"] as? Int } == [5, 4])
      let cursor = try #require(try flows.object["next"] as? String)
      let next = try await client.get("/api/v1/flows?limit=2&cursor=\(cursor)")
      #expect(try next.items.map { $0["sourcePort"] as? Int } == [1_003, 1_002])
      let found = try await client.get(
        "/api/v1/flows?prefix=10.0.0.0/8&port=1004&protocol=udp&minPackets=4&total=true"
          + "&from=2027-01-15T08:00:04Z")
      #expect(try found.object["total"] as? Int == 1)
      #expect(try await client.get("/api/v1/flows?protocol=tcp").items.isEmpty)
      let interfaces = try await client.get("/api/v1/interfaces").items
      #expect(interfaces.map { $0["name"] as? String } == ["eth7"])
    }
  }

  @Test("events are the latest first; a summary says how a run is stored that lasts")
  func events() async throws {
    let served = try Served()
    defer { served.remove() }
    let store = try AnalysisStore(path: served.path)
    try served.execute(
      """
      INSERT INTO progress VALUES (1, 0, 1, -1, 5, 6000000000, 3, 2, 1);
      INSERT INTO event VALUES (1, 0, 7, 'restart', NULL, NULL, 'one'), (1, 1, 9, 'rekey', 0, 3, NULL),
        (1, 2, NULL, 'restart', 0, NULL, 'two');
      """, after: { try store.store(Served.report(associations: 4)) })
    try await served.asking { client in
      let events = try await client.get("/api/v1/events").items
      #expect(events.map { $0["kind"] as? String } == ["rekey", "restart", "restart"])
      #expect(events[0]["association"] as? String == "fffffffffffffffc")
      #expect(events[0]["point"] as? String == "tap/1" && events[1]["point"] is NSNull)
      #expect(try await client.get("/api/v1/events?kind=rekey").items.count == 1)
      #expect(try await client.get("/api/v1/events?from=8").items.isEmpty)
      let summary = try await client.get("/api/v1/summary").object
      let progress = try #require(summary["progress"] as? [String: Any])
      #expect(progress["state"] as? String == "interrupted")
      #expect(progress["storedUntil"] as? String == "1970-01-01T00:00:06.000000000Z")
      #expect(progress["states"] as? Int == 3 && progress["failedStates"] as? Int == 1)
    }
  }

  @Test("the summary has sums, shares and the worst")
  func summary() async throws {
    try await asking { client in
      let answer = try await client.get("/api/v1/summary?worst=2").object
      let sums = try #require(answer["sums"] as? [String: Any])
      #expect(sums["associations"] as? Int == 20)
      #expect(sums["lost"] as? Int == 190)
      #expect(sums["lostBlind"] as? Int == 0)
      #expect((answer["shares"] as? [[String: Any]])?.count == 1)
      #expect((answer["worst"] as? [[String: Any]])?.compactMap { $0["lost"] as? Int } == [19, 18])
      #expect((answer["approximate"] as? [Any])?.isEmpty == true)
      #expect((answer["totals"] as? [String: Any])?["macsec"] as? Int == 20_000)
    }
  }

  @Test("a run of which something was given up looked exact in the summary and the report")
  func approximate() async throws {
    let served = try Served()
    defer { served.remove() }
    var (report, givenUp) = (Served.report(associations: 4), GivenUp())
    givenUp.limits.gaps = 3
    (givenUp.forgotten.gaps, givenUp.forgotten.missing) = (7, 70)
    givenUp.hastyFrames = 5
    let notes = ["<read> to the end"] + givenUp.sentences
    (report.givenUp, report.notes) = (givenUp, notes)
    report.captures[0].damaged = .init(offset: 99, reason: "it ends there")
    var (associations, concerned) = (Array(report.associations), EpochGivenUp())
    concerned.forgotten = givenUp.forgotten
    associations[1].givenUp = concerned
    report.associations = ReportRows(associations)
    try AnalysisStore(path: served.path).store(report)
    try await served.asking { client in
      let answer = try await client.get("/api/v1/summary").object
      let reasons = try #require(answer["approximate"] as? [[String: Any]])
      #expect(reasons.map { $0["reason"] as? String } == ["maxGaps", "maxHeldFrames"])
      #expect(reasons[0]["limit"] as? Int == 3 && reasons[0]["missing"] as? Int == 70)
      #expect(reasons[1]["packets"] as? Int == 5 && reasons[1]["missing"] == nil)
      #expect(answer["notes"] as? [String] == notes)
      #expect(answer["damagedCaptures"] as? Int == 1)
      let items = try await client.get("/api/v1/associations?sort=position").items
      let given = items.map {
        ($0["approximate"] as? [[String: Any]])?.map { $0["reason"] as? String }
      }
      #expect(given == [[], ["maxGaps"], [], []])
    }
    let page = try PageReport(database: served.path, run: .latest, pictures: 0)
    let text = String(decoding: page.html, as: UTF8.self)
    #expect(text.contains("<p>1 capture could not be read to the end.</p>"))
    #expect(text.contains("<ul><li>&lt;read&gt; to the end</li><li>approximate: the places of 7 "))
  }

  @Test("runs, captures and points are listed")
  func lists() async throws {
    try await asking { client in
      let runs = try await client.get("/api/v1/runs").object
      #expect(runs["latest"] as? Int == 1)
      let captures = try await client.get("/api/v1/captures").items
      #expect(captures.map { $0["file"] as? String } == ["link.pcap"])
      let points = try await client.get("/api/v1/points").items
      #expect(points.map { $0["packets"] as? Int } == [20_000])
    }
  }

  @Test(
    "numbers with a sign, and hexadecimal ratios, were taken",
    arguments: [
      ("associations?limit=%2B5", "limit"), ("associations?an=-0", "an"),
      ("associations?run=%2B1", "run"), ("associations?minLossRatio=0x1p-3", "minLossRatio"),
      ("associations?minLost=-0", "minLost"), ("summary?worst=-0", "worst"),
      ("flows?port=%2B53", "port"),
      ("associations/fffffffffffffffc/series?points=%2B5", "points"),
    ])
  func signs(query: String, parameter: String) async throws {
    try await badRequests(query: query, parameter: parameter)
  }

  @Test(
    "what makes no sense is 400, says what would, and is never taken for something else",
    arguments: [
      ("associations?limit=0", "limit"), ("associations?limit=1001", "limit"),
      ("associations?limit=-1", "limit"), ("associations?limit=", "limit"),
      ("associations?limit=99999999999999999999", "limit"), ("associations?cursor=x", "cursor"),
      ("associations?cursor=1.gaps--time.1.i1.1.1", "cursor"), ("associations?sort=size", "sort"),
      ("associations?sort=", "sort"), ("associations?lmit=5", "lmit"),
      ("associations?limit=5&limit=6", "limit"), ("associations?an=4", "an"),
      ("associations?sci=12", "sci"), ("associations?spi=0x123456789", "spi"),
      ("associations?address=host", "address"), ("associations?prefix=10.0.0.0/33", "prefix"),
      ("associations?prefix=10.0.0.0", "prefix"), ("associations?minLost=-1", "minLost"),
      ("associations?minLossRatio=nan", "minLossRatio"),
      ("associations?minLossRatio=1.1", "minLossRatio"), ("associations?from=yesterday", "from"),
      ("associations?protocol=wireguard", "protocol"), ("associations?run=0", "run"),
      ("associations?run=x", "run"), ("associations?total=1", "total"),
      ("associations?address=10.0.0.1&prefix=10.0.0.0/8", "prefix"),
      ("associations/1", "id"), ("associations/fffffffffffffffg", "id"),
      ("associations/+fffffffffffffff", "id"), ("associations/1/gaps", "id"),
      ("gaps?minMissing=x", "minMissing"), ("summary?worst=101", "worst"),
      ("captures?sort=file", "sort"), ("flows?port=65536", "port"),
      ("flows?protocol=icmpx", "protocol"),
      ("flows?address=02:00:00:00:00:01", "address"), ("blind?reason=rain", "reason"),
      ("events?sort=lost", "sort"), ("interfaces?run=1", "run"),
      ("associations/fffffffffffffffc/series?step=0s", "step"),
      ("associations/fffffffffffffffc/series?step=5", "step"),
      ("associations/fffffffffffffffc/series?step=1us", "step"),
      ("associations/fffffffffffffffc/series?points=10001", "points"),
      ("associations/fffffffffffffffc/series?from=2027-01-15T08:00:01Z&to=1", "to"),
      ("associations/fffffffffffffffc/skips?from=1", "from"), ("associations/1/epochs", "id"),
    ])
  func badRequests(query: String, parameter: String) async throws {
    try await asking { client in
      let answer = try await client.get("/api/v1/\(query)")
      #expect(answer.status == .badRequest)
      #expect(answer.headers[.contentType] == "application/problem+json")
      #expect(try answer.object["status"] as? Int == 400)
      #expect(try answer.object["parameter"] as? String == parameter)
      #expect(try (answer.object["detail"] as? String)?.hasSuffix(".") == true)
    }
  }

  @Test(
    "what is not there is 404, whatever it looks like",
    arguments: [
      "/api/v1/associations/0000000000000001", "/api/v1/associations/0000000000000001/gaps",
      "/api/v1/associations/0000000000000001/series", "/api/v1/points/nowhere/series",
      "/api/v1/associations/0000000000000001/skips",
      "/api/v1/summary?run=9", "/api/v1/nothing", "/api/v2/summary", "/nothing.js",
      "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
      "//etc/passwd", "/index.html/..", "/Page/index.html",
    ])
  func notFound(path: String) async throws {
    try await asking { client in
      let answer = try await client.get(path)
      #expect(answer.status == .notFound)
      #expect(answer.headers[.contentType] == "application/problem+json")
    }
  }

  @Test(
    "nothing can be written", arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
  func methods(name: String) async throws {
    try await asking { client in
      let answer = try await client.execute(
        uri: "/api/v1/associations", method: .init(name) ?? .post)
      #expect(answer.status == .methodNotAllowed && answer.headers[.allow] == "GET, HEAD")
      #expect(answer.headers[.contentType] == "application/problem+json")
    }
  }

  @Test("the page and its files come with a strict policy, and again only where they changed")
  func page() async throws {
    try await asking { client in
      let page = try await client.get("/")
      #expect(page.status == .ok)
      #expect(page.headers[.contentType] == "text/html; charset=utf-8")
      let policy = try #require(page.headers[.contentSecurityPolicy])
      #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
      #expect(!policy.contains("unsafe") && !policy.contains("http"))
      #expect(page.headers[.xContentTypeOptions] == "nosniff")
      #expect(page.headers[.accessControlAllowOrigin] == nil)
      let tag = try #require(page.headers[.eTag])
      let again = try await client.get("/", headers: [.ifNoneMatch: tag])
      #expect(again.status == .notModified && again.body.readableBytes == 0)
      let style = try await client.get("/style.css")
      #expect(style.headers[.contentType] == "text/css; charset=utf-8")
    }
  }

  @Test("every file of the folder Page is served as it is there")
  func files() async throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/AnalysisServer/Page").standardizedFileURL
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
      !folder.appendingPathComponent($0).hasDirectoryPath
        && FileManager.default.contents(atPath: folder.appendingPathComponent($0).path) != nil
    }
    #expect(names.contains("index.html"))
    try await asking { client in
      for name in names {
        let answer = try await client.get("/\(name)")
        let content = FileManager.default.contents(
          atPath: folder.appendingPathComponent(name).path)
        #expect(Data(answer.body.readableBytesView) == content, "\(name)")
      }
    }
  }
}

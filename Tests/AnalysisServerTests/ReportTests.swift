import AnalysisStore
import Foundation
import PacketAnalysis
import Testing

@testable import AnalysisServer

@Suite("The page as one file")
struct ReportTests {
  private func html(
    of report: AnalysisReport, pictures: Int = 20
  ) async throws -> String {
    let served = try Served()
    defer { served.remove() }
    try AnalysisStore(path: served.path).store(report)
    let reader = AnalysisReader(path: served.path, timeLimit: .seconds(600), isFixed: true)
    let made = try await PageReport(reader: reader, run: .latest, pictures: pictures)
    return try #require(String(validating: made.html, as: UTF8.self))
  }

  private func answers(_ html: String) throws -> [String: Any] {
    let begin = try #require(html.range(of: "id=\"recorded\">")).upperBound
    let end = try #require(html.range(of: "</script>", range: begin..<html.endIndex)).lowerBound
    return try #require(
      try JSONSerialization.jsonObject(with: Data(html[begin..<end].utf8)) as? [String: Any])
  }

  @Test("SHA-256: the examples of FIPS 180-4")
  func digests() {
    let examples = [
      "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      String(repeating: "a", count: 64):
        "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
    ]
    for (text, digest) in examples {
      let hexadecimal = SHA256.digest(text.utf8).map { octet in
        (octet < 16 ? "0" : "") + String(octet, radix: 16)
      }
      #expect(hexadecimal.joined() == digest, "\(text)")
    }
  }

  @Test("names nothing outside itself, and lets nothing run but its script and the library's")
  func selfContained() async throws {
    let html = try await html(of: Served.report(associations: 3))
    let policy = try #require(
      html.firstMatch(of: /http-equiv="Content-Security-Policy" content="([^"]+)"/)?.output.1)
    #expect(policy.contains(/^default-src 'none'; script-src 'sha256-\S+ 'sha256-\S+; style-src/))
    #expect(!policy.contains("unsafe") && !policy.contains("http"))
    let markup = try #require(html.range(of: "id=\"recorded\"")).lowerBound
    for match in html[..<markup].matches(of: /(?:src|href)="([^"]*)"/) {
      #expect(
        match.output.1.hasPrefix("data:") || match.output.1.hasPrefix("#"), "\(match.output.0)")
    }
    #expect(html.matches(of: /<script/).count == 3)
    #expect(html.matches(of: /<style/).count == 1)
    let script = PageBundle().script
    for file in PageFile.all where file.name.hasSuffix(".js") && file.name != "dygraphs.js" {
      #expect(script.matches(of: try Regex("modules\\['\(file.name)'\\] = ")).count == 1)
    }
    #expect(!script.contains(/(?m)^(import|export)\b/))
    // The library's authors ask for no more than this.
    #expect(html.contains("dygraphs is MIT-licenced") && html.contains("&lt;danvdk@gmail.com>"))
    #expect(html.contains("The above copyright notice and this permission notice shall be"))
  }

  @Test("names of points and files that look like markup stay names")
  func hostile() async throws {
    let name = "</script><script>hacked()</script><img src=x onerror='hacked()'>\u{2028}&amp;\""
    var report = Served.report(associations: 2)
    report.points = [name]
    report.files = [name + ".pcap"]
    let html = try await html(of: report)
    #expect(!html.contains("<script>hacked") && !html.contains("<img src=x"))
    #expect(html.matches(of: /<script/).count == 3 && html.matches(of: /<img/).count == 1)
    let points = try #require(try answers(html)["points"] as? [String: Any])
    #expect((points["items"] as? [[String: Any]])?.first?["name"] as? String == name)
    #expect(try answers(html)["points/\(name)/series"] != nil)
  }

  @Test("has the worst associations, and of each its largest gaps, and says how many there are")
  func bounded() async throws {
    let html = try await html(of: Served.report(associations: 260), pictures: 2)
    let answers = try answers(html)
    let table = try #require(answers["associations"] as? [String: Any])
    #expect((table["items"] as? [Any])?.count == 260 && table["total"] as? Int == 260)
    #expect((table["rest"] as? [String: Int]) == ["associations": 0, "lost": 0, "packets": 0])
    // Identifiers go down as losses go up.
    let worst = String(UInt64.max - 259, radix: 16)
    let gaps = try #require(answers["associations/\(worst)/gaps"] as? [String: Any])
    #expect((gaps["items"] as? [Any])?.count == 200 && gaps["total"] as? Int == 259)
    #expect(answers.keys.filter { $0.hasSuffix("/epochs") }.count == 2)
    #expect(html.contains("33,670 of "))
  }

  @Test("has the losses over time of the points that have a lane for them: those that lost most")
  func charts() async throws {
    var report = Served.report(associations: 12)
    report.points = (0..<12).map { "tap \($0)" }
    report.associations = ReportRows(
      report.associations.enumerated().map { index, row in
        var row = row
        row.key.point = UInt16(index)
        return row
      })
    let answers = try answers(try await html(of: report))
    // The nth association lost n packets.
    let charted = (0..<12).filter { answers["points/tap \($0)/series"] != nil }
    #expect(charted == Array(4..<12))
    #expect(((answers["points"] as? [String: Any])?["items"] as? [Any])?.count == 12)
  }

  @Test("the same run gives the same octets")
  func same() async throws {
    let served = try Served()
    defer { served.remove() }
    try AnalysisStore(path: served.path).store(Served.report(associations: 5))
    func report(_ run: RunChoice) async throws -> PageReport {
      try await PageReport(
        reader: AnalysisReader(path: served.path, timeLimit: .seconds(600), isFixed: true),
        run: run, pictures: 20)
    }
    let first = try await report(.latest)
    let second = try await report(.number(1))
    #expect(first.html == second.html && first.run == 1 && first.associations == 5)
  }
}

import CaptureTestSupport
import Foundation
import Testing

/// The captures of `Demo/`, whose truth is in its README.
private let impaired = Command.demo.appendingPathComponent(
  "macsec-loss-reorder-duplicates.pcap.gz"
).path
private let rekey = Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path
private let tunnel = Command.demo.appendingPathComponent("esp-esn-wrap.pcap.gz").path

@Suite("analyze")
struct AnalyzeTests {
  @Test("--json says of the demo captures what is known of them")
  func json() throws {
    let association = try row(of: impaired) { $0["sci"] as? String == "020000000a010001" }
    #expect(association["lost"] as? Int == 66)
    #expect(association["reordered"] as? Int == 4184)
    #expect(association["duplicates"] as? Int == 61)
    #expect(association["packets"] as? Int == 5997)

    let esp = try row(of: tunnel) { $0["spi"] as? String == "0x00001001" }
    #expect(esp["lost"] as? Int == 36)
    #expect(esp["reordered"] as? Int == 2667)
    #expect(esp["duplicates"] as? Int == 49)
    #expect(esp["highestNumber"] as? Int == 4_294_970_272)

    let lives = try rows(of: rekey).filter { $0["sci"] as? String == "020000000a010001" }
    #expect(lives.map { $0["an"] as? Int } == [0, 1, 2, 0])
    #expect(lives.map { $0["epoch"] as? Int } == [0, 0, 0, 1])
    #expect(lives.map { $0["lost"] as? Int } == [11, 6, 8, 7])
    #expect(lives.first?["skipped"] as? Int == 3_221_224_397)
  }

  @Test("numbers are found behind an EtherType and a port of one's own, where one names them")
  func decoding() throws {
    let directory = try TemporaryDirectory()
    for (options, from, to, own, total) in [
      ("--protocol macsec", #"\x88\xe5"#, #"\x88\xb5"#, "--macsec-ethertype 0x88b5", "macsec"),
      (
        "--protocol ipsec --nat-traversal-share 1", #"\x11\x94"#, #"\x22\x22"#, "--esp-port 8738",
        "esp"
      ),
    ] {
      // 4500, and the EtherType of a SecTAG, are written over wherever they stand.
      let make =
        "$GAPSCOPE generate --packets 500 --flows 3 \(options) --scenario none --output - "
        + "| LC_ALL=C sed 's/\(from)/\(to)/g' | $GAPSCOPE "
      let counts = try [
        "analyze --json -", "analyze --json \(own) -",
        "transcript \(own) - --output $DIR/t && $GAPSCOPE merge --json $DIR/t",
      ].map { command in
        let totals = try Command.shell(make + command, in: directory).json()["totals"]
        return try #require(totals as? [String: Int])[total]
      }
      #expect(counts.first == 0)
      let found = try #require(counts.last ?? nil)
      #expect(found > 100 && counts.dropFirst().allSatisfy { $0 == found })
    }
  }

  @Test("the same run gives the same octets")
  func repeatable() throws {
    let first = try Command.run("analyze", "--json", "--bucket", "1s", impaired)
    #expect(first.status == 0)
    #expect(try Command.run("analyze", "--json", "--bucket", "1s", impaired).output == first.output)
  }

  @Test("standard input, a FIFO and a file say the same")
  func sources() throws {
    let directory = try TemporaryDirectory()
    let file = try associations(Command.run("analyze", "--json", tunnel))
    let data = try Data(contentsOf: URL(fileURLWithPath: tunnel))
    #expect(try associations(Command.run("analyze", "--json", "-", input: data)) == file)
    let pipe = try Command.shell("gzip -dc \(tunnel) | $GAPSCOPE analyze --json -", in: directory)
    #expect(try associations(pipe) == file)
    let fifo = try Command.shell(
      "mkfifo $DIR/f; gzip -dc \(tunnel) > $DIR/f & $GAPSCOPE analyze --json $DIR/f", in: directory)
    #expect(try associations(fifo) == file)
  }

  @Test("what generate says it wrote is what analyze finds, through a pipe")
  func generated() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      $GAPSCOPE generate --packets 40000 --flows 30 --seed 3 --protocol mixed \
        --scenario loss --scenario reorder --scenario duplicate --scenario rekey \
        --truth $DIR/truth.json --output - | $GAPSCOPE analyze --json -
      """, in: directory)
    #expect(result.status == 0)
    let truth = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: directory.url("truth.json")))
        as? [String: Any])
    let report = try result.json()
    for part in ["totals", "associations", "gaps", "flows"] {
      let (found, known) = try (canonical(report[part]), canonical(truth[part]))
      #expect(found.count > 10)
      #expect(found == known, "\(part)")
    }
  }

  @Test("two taps never fill each other's losses")
  func points() throws {
    let result = try Command.run(
      "analyze", "--json", "--point", "a=\(impaired)", "--point", "b=\(rekey)")
    #expect(result.status == 0)
    let rows = try result.json()["associations"] as? [[String: Any]] ?? []
    #expect(Set(rows.compactMap { $0["point"] as? String }) == ["a", "b"])
    let lost = rows.filter { $0["sci"] as? String == "020000000a010001" }
      .map { $0["lost"] as? Int ?? -1 }.reduce(0, +)
    #expect(lost == 66 + 11 + 6 + 8 + 7)
  }

  @Test("a filter of libpcap, another of time")
  func filters() throws {
    let all = try packets(Command.run("analyze", "--json", tunnel))
    let some = try packets(
      Command.run("analyze", "--json", "-f", "esp and dst host 10.9.0.2", tunnel))
    #expect(some == 4013)
    #expect(some < all)
    #expect(
      try packets(
        Command.run("analyze", "--json", "--from", "2100-01-01T00:00:00Z", tunnel)) == 0)
    #expect(
      try packets(
        Command.run("analyze", "--json", "--to", "2100-01-01T00:00:00Z", tunnel)) == all)
  }

  @Test("buckets add up to the totals of their association")
  func buckets() throws {
    let report = try Command.run("analyze", "--json", "--bucket", "500ms", impaired).json()
    let rows = report["associations"] as? [[String: Any]] ?? []
    let buckets = report["buckets"] as? [[String: Any]] ?? []
    #expect(buckets.count > rows.count)
    for row in rows {
      let mine = buckets.filter { $0["association"] as? String == row["id"] as? String }
      for field in ["packets", "lost", "reordered", "duplicates"] {
        #expect(mine.map { $0[field] as? Int ?? -1 }.reduce(0, +) == row[field] as? Int)
      }
    }
  }

  @Test("the table fits its width, and has no colour where none is wanted")
  func table() throws {
    for width in [80, 160] {
      let result = try Command.run("analyze", "--width", "\(width)", "--gaps", "3", impaired)
      #expect(result.status == 0)
      #expect(result.text.contains("66"))
      // Display filters are for copying and stay in one piece.
      let lines = result.text.split(separator: "\n").filter { !$0.contains("frame.number") }
      #expect(lines.count > 10 && lines.allSatisfy { $0.count <= width })
      #expect(!result.text.contains("\u{1B}"))
    }
    #expect(try Command.run("analyze", "--color", "always", impaired).text.contains("\u{1B}"))
  }

  @Test("CSV has a row for each association, or for each gap")
  func csv() throws {
    let rows = try Command.run("analyze", "--csv", impaired).text.split(separator: "\r\n")
    #expect(rows.count == 1 + 2)
    let gaps = try Command.run("analyze", "--csv", "--gaps", impaired)
    let report = try Command.run("analyze", "--json", impaired).json()
    #expect(gaps.text.split(separator: "\r\n").count == 1 + (report["gaps"] as? [Any] ?? []).count)
    let some = try Command.run("analyze", "--csv", "--gaps", "5", impaired)
    #expect(some.text.split(separator: "\r\n").count == 1 + 5)
    let buckets = try Command.run("analyze", "--csv", "--bucket", "1s", impaired)
    #expect(buckets.text.split(separator: "\r\n").count > 3)
  }

  // MARK: What is compared

  private func rows(of capture: String) throws -> [[String: Any]] {
    let result = try Command.run("analyze", "--json", capture)
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
    return try result.json()["associations"] as? [[String: Any]] ?? []
  }

  private func row(
    of capture: String, where isWanted: ([String: Any]) -> Bool
  ) throws -> [String: Any] {
    try #require(try rows(of: capture).first(where: isWanted))
  }

  private func packets(_ result: ProcessOutcome) throws -> Int {
    #expect(result.status == 0)
    return (try result.json()["totals"] as? [String: Any])?["packets"] as? Int ?? -1
  }

  private func associations(_ result: ProcessOutcome) throws -> String {
    #expect(result.status == 0)
    return try canonical(result.json()["associations"])
  }

  /// Equal texts for equal values.
  private func canonical(_ value: Any?) throws -> String {
    let data = try JSONSerialization.data(withJSONObject: withoutIDs(value), options: .sortedKeys)
    return String(decoding: data, as: UTF8.self)
  }

  /// Without what only a name of the file and of the association tells.
  private func withoutIDs(_ value: Any?) -> Any {
    switch value {
    case let list as [Any]: list.map { withoutIDs($0) }
    case let object as [String: Any]:
      object.filter { !["id", "association", "file", "point"].contains($0.key) }
        .mapValues { withoutIDs($0) }
    case let value?: value
    case nil: NSNull()
    }
  }
}

import CaptureTestSupport
import Foundation
import Testing

private let tunnel = Command.demo.appendingPathComponent("esp-esn-wrap.pcap.gz").path
private let rekey = Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path

@Suite("info")
struct InfoTests {
  @Test("a block for each capture, or JSON")
  func forms() throws {
    let text = try Command.run("info", tunnel, rekey)
    #expect(text.status == 0)
    #expect(text.error.isEmpty)
    for expected in ["8,017", "12,043", "pcap, Ethernet", "262,144"] {
      #expect(text.text.contains(expected))
    }
    let captures = try #require(
      try Command.run("info", "--json", tunnel, rekey).json()["captures"] as? [[String: Any]])
    #expect(captures.map { $0["packets"] as? Int } == [8_017, 12_043])
    #expect(captures.map { $0["timeSteps"] as? Int } == [13, 17])
  }

  @Test("a damaged capture is told up to the damage, with status 2")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      "gzip -dc \(tunnel) | head -c 1000 > $DIR/cut.pcap; $GAPSCOPE info $DIR/cut.pcap",
      in: directory)
    #expect(result.status == 2)
    #expect(result.error.contains("cut.pcap: damaged at octet"))
    #expect(result.text.contains("frames"))
  }

  @Test(
    "damage was named, and not what to do about it",
    arguments: [
      ("head -c 1000 a.pcap", "ends inside this record", "copy the file again if"),
      ("gzip -c a.pcap | head -c 20000", "data ends early", "copy the file again if"),
      ("cat a.pcap a.pcap", "the header of another capture (pcap)", "by themselves"),
      ("cat a.pcap a.pcapng", "the header of another capture (pcapng)", "by themselves"),
      ("cat a.pcapng a.pcap", "the header of another capture (pcap)", "by themselves"),
      ("cat a.pcapng big.pcap", "the header of another capture (pcap)", "by themselves"),
      ("cat a.pcap; printf '%0100d' 0", "more than the", "use another copy"),
    ])
  func advice(command: String, reason: String, advice: String) throws {
    let directory = try TemporaryDirectory()
    // The second header of `big.pcap` is in the other byte order: its version looks like a length.
    let result = try Command.shell(
      """
      cd $DIR; gzip -dc \(tunnel) > a.pcap
      $GAPSCOPE generate --packets 10 --flows 2 --format pcapng --truth none -o a.pcapng
      printf '\\xa1\\xb2\\xc3\\xd4\\0\\2\\0\\4\\0\\0\\0\\0\\0\\0\\0\\0\\0\\4\\0\\0\\0\\0\\0\\1' > big.pcap
      { \(command); } > damaged; $GAPSCOPE info damaged
      """, in: directory)
    #expect(result.status == 2)
    #expect(result.error.contains(reason) && result.error.contains(advice), "\(result.error)")
  }

  @Test("whole sections of pcapng may follow each other")
  func sections() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      cd $DIR; $GAPSCOPE generate --packets 10 --flows 2 --format pcapng --truth none -o a.pcapng
      cat a.pcapng a.pcapng > both; $GAPSCOPE info both
      """, in: directory)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
  }

  @Test("nothing to read is an error of its own")
  func nothing() throws {
    let directory = try TemporaryDirectory()
    #expect(try Command.run("info").status == 64)
    let missing = try Command.run("info", directory.file("missing"))
    #expect(missing.status == 1)
    #expect(missing.error.contains("there is no such file"))
    #expect(missing.output.isEmpty)
  }
}

@Suite("A terminal")
struct TerminalTests {
  /// `script` makes the terminal; its output has both streams.
  private func onTerminal(_ line: String, in directory: TemporaryDirectory) throws -> String {
    try Command.shell("script -qec \"\(line)\" /dev/null < /dev/null", in: directory).text
  }

  @Test("shows progress while input is awaited, and takes it away at the end")
  func progress() throws {
    let directory = try TemporaryDirectory()
    let feed = "(head -c 200000 $DIR/t.pcap; sleep 0.7; tail -c +200001 $DIR/t.pcap; sleep 0.3)"
    let text = try onTerminal(
      "gzip -dc \(tunnel) > $DIR/t.pcap; \(feed) | $GAPSCOPE analyze --width 80 - > $DIR/report",
      in: directory)
    let erase = "\r\u{1B}[K"
    #expect(text.contains("packets"))
    #expect(text.contains(erase))
    #expect(text.hasSuffix(erase))
    #expect(directory.holds("report"))
    let quiet = try onTerminal(
      "\(feed) | $GAPSCOPE analyze -q --width 80 - > $DIR/report", in: directory)
    #expect(quiet.isEmpty)
  }

  @Test("has colour, unless NO_COLOR is set")
  func color() throws {
    let directory = try TemporaryDirectory()
    #expect(try onTerminal("$GAPSCOPE analyze \(tunnel)", in: directory).contains("\u{1B}[3"))
    #expect(
      try !onTerminal("NO_COLOR=1 $GAPSCOPE analyze \(tunnel)", in: directory).contains("\u{1B}"))
  }
}

import CaptureTestSupport
import Foundation
import Testing

private let impaired = Command.demo.appendingPathComponent(
  "macsec-loss-reorder-duplicates.pcap.gz"
).path
private let tunnel = Command.demo.appendingPathComponent("esp-esn-wrap.pcap.gz").path

@Suite("Exit status of analyze")
struct ExitStatusTests {
  @Test("0: all was read")
  func done() throws {
    let result = try Command.run("analyze", tunnel)
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
  }

  @Test("1: nothing could be read")
  func nothingRead() throws {
    let directory = try TemporaryDirectory()
    try Data("hello, this is no capture\n".utf8).write(to: directory.url("text"))
    try Data().write(to: directory.url("empty"))
    for name in ["missing.pcap", "text", "empty", "."] {
      let result = try Command.run("analyze", directory.file(name))
      #expect(result.status == 1, "\(name)")
      #expect(result.error.contains(directory.file(name)), "\(name)")
      #expect(result.output.isEmpty, "\(name)")
    }
  }

  @Test("2: damaged; its place is named, and everything before it is reported and stored")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    // 24 octets of file header, then the record headers of 16.
    let whole = try Command.shell(
      """
      gzip -dc \(tunnel) > $DIR/whole.pcap; head -c 500000 $DIR/whole.pcap > $DIR/cut.pcap
      $GAPSCOPE analyze --json --database $DIR/r.db $DIR/cut.pcap
      """, in: directory)
    #expect(whole.status == 2)
    let captures = try #require(try whole.json()["captures"] as? [[String: Any]])
    let damage = try #require(captures.first?["damaged"] as? [String: Any])
    let (offset, packets) = try lastWholeRecord(directory.url("cut.pcap"))
    #expect(damage["offset"] as? Int == offset)
    #expect(captures.first?["packets"] as? Int == packets)
    #expect(whole.error.contains("\(offset)"))
    #expect(whole.error.contains("cut.pcap"))
    let totals = try #require(try whole.json()["totals"] as? [String: Any])
    #expect(totals["packets"] as? Int == packets)
    #expect(directory.holds("r.db"))
  }

  /// The second input is a pipe that says nothing until the first one, which was opened before, has
  /// been shortened.
  @Test("2: shortened by another process while it is read")
  func shortened() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gzip -dc \(tunnel) > $DIR/whole.pcap; cp $DIR/whole.pcap $DIR/cut.pcap; mkfifo $DIR/pipe
      (exec 3> $DIR/pipe; truncate -s 5000 $DIR/cut.pcap; head -c 24 $DIR/whole.pcap >&3) &
      $GAPSCOPE analyze --json $DIR/cut.pcap $DIR/pipe
      """, in: directory)
    #expect(result.status == 2)
    #expect(result.error.contains("the file was shortened while it was read"))
    let captures = try #require(try result.json()["captures"] as? [[String: Any]])
    let (offset, packets) = try lastWholeRecord(directory.url("cut.pcap"))
    let totals = try #require(try result.json()["totals"] as? [String: Any])
    #expect(totals["packets"] as? Int == packets)
    #expect((captures.first?["damaged"] as? [String: Any])?["offset"] as? Int ?? 0 >= offset)
  }

  @Test("2: one of several could not be read")
  func oneMissing() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.run("analyze", "--json", tunnel, directory.file("missing.pcap"))
    #expect(result.status == 2)
    #expect(result.error.contains("missing.pcap"))
    #expect((try result.json()["associations"] as? [Any])?.count == 2)
  }

  @Test(
    "3: a threshold was exceeded",
    arguments: [
      ("lost>0", 3), ("lost>0.01%", 3), ("lost>50%", 0), ("duplicates>0", 3), ("suspects>0", 0),
      ("suspects>0 or lost>0", 3), ("suspects>0 or lost>50%", 0),
    ])
  func threshold(_ condition: String, _ status: Int) throws {
    let result = try Command.run("analyze", "--fail-if", condition, impaired)
    #expect(result.status == Int32(status))
    #expect(result.text.contains("02:00:00:00:0a:01"))
    #expect(result.error.isEmpty == (status == 0))
  }

  @Test(
    "1: a gate that has nothing to judge does not pass",
    arguments: [
      ["--sci", "02:00:00:00:0a:01/2"], ["-f", "tcp"], ["--from", "2099-01-01T00:00:00Z"],
    ])
  func gateWithoutAssociations(_ selection: [String]) throws {
    let result = try Command.run(["analyze", "--fail-if", "lost>0"] + selection + [impaired])
    #expect(result.status == 1)
    #expect(result.error.contains("nothing to judge"))
  }

  @Test(
    "a selection that matches nothing said no more than that",
    arguments: [
      (
        ["--sci", "02:00:00:00:0a:02/1"],
        "SCI 02:00:00:00:0a:02/1: the nearest of 2 is 02:00:00:00:0a:01/1"
      ),
      (["--spi", "0x00000001"], "no association has the SPI 0x00000001: none has one"),
      (["--address", "192.0.2.7"], "no association has the address 192.0.2.7"),
      (
        ["--sci", "020000000a010001", "--address", "02:00:00:00:0c:01"],
        "the address 02:00:00:00:0c:01"
      ),
    ])
  func emptySelection(arguments: [String], text: String) throws {
    let result = try Command.run(["analyze"] + arguments + [impaired])
    #expect(result.status == 0)
    #expect(result.text.contains("No association matches the selection"))
    #expect(result.error.contains("Note: ") && result.error.contains(text), "\(result.error)")
  }

  @Test(
    "a filter or a time that leaves no frame said nothing",
    arguments: [
      (["-f", "tcp port 1"], "frames matches the filter 'tcp port 1'\n"),
      (["--from", "2099-01-01T00:00:00Z"], "frames is between --from and --to: they are from 20"),
      (["-f", "tcp", "--to", "10"], "matches the filter 'tcp' and is between --from and --to: "),
    ])
  func noFrames(arguments: [String], text: String) throws {
    let result = try Command.run(["analyze"] + arguments + [impaired])
    #expect(result.status == 0)
    #expect(result.error.contains("Note: none of "), "\(result.error)")
    #expect(result.error.contains(text), "\(result.error)")
    let matched = try Command.run("analyze", "-f", "not tcp port 1", impaired)
    #expect(
      matched.error == "Note: only frames that match the filter are analyzed: not tcp port 1\n")
  }

  @Test("file names do not steer the terminal through error messages")
  func hostileFileName() throws {
    let result = try Command.run("analyze", "no\u{1B}[31mfile.pcap")
    #expect(result.status == 1)
    #expect(!result.error.contains("\u{1B}"))
    #expect(result.error.contains("[31mfile.pcap"))
  }

  @Test("3 wins over 2")
  func thresholdOfDamaged() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gzip -dc \(tunnel) | head -c 500000 > $DIR/cut.pcap
      $GAPSCOPE analyze --fail-if 'lost>0' $DIR/cut.pcap
      """, in: directory)
    #expect(result.status == 3)
  }

  @Test(
    "64: the command line makes no sense",
    arguments: [
      [], ["--json", "--csv", "x"], ["--fail-if", "weather>0", "x"], ["--bucket", "soon", "x"],
      ["--bucket", "999us", "x"],
      ["--from", "yesterday", "x"], ["--point", "nothing", "x"], ["--gaps=-1", "x"],
      ["--width", "3", "x"], ["--sort", "beauty", "x"], ["--sci", "zz", "x"], ["--spi", "q", "x"],
      ["--address", "here", "x"], ["--esp-port", "70000", "x"], ["--macsec-ethertype", "1", "x"],
      ["--confirmations", "1", "x"], ["--window", "0", "x"], ["--unknown", "x"],
      ["--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z", "x"],
      ["-f", "not a ( filter", tunnel], ["-", "-"], ["--point", "a=-", "-"],
    ])
  func usage(_ arguments: [String]) throws {
    let result = try Command.run(["analyze"] + arguments)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(!result.error.isEmpty)
  }

  @Test(
    "1: where no thread could be started, storing waited for one without end",
    .enabled(if: geteuid() == 0, "skipped: only root can become a user without other processes"))
  func noThread() throws {
    let directory = try TemporaryDirectory()
    // The program by its descriptor, since a user of no consequence may not see the directory that it is in.
    let result = try Command.shell(
      """
      chmod 777 $DIR
      exec 9< "$GAPSCOPE"
      ulimit -u 1
      exec setpriv --reuid=54321 --regid=54321 --clear-groups \\
        /proc/self/fd/9 analyze --csv --database $DIR/r.db - < '\(tunnel)'
      """, in: directory)
    #expect(result.status == 1)
    #expect(result.error.contains("/r.db: no thread can be started; raise the limit"))
    #expect(result.text.hasPrefix("protocol,"))
  }

  @Test("1: a database that cannot be written; the report comes out all the same")
  func database() throws {
    let directory = try TemporaryDirectory()
    try Data("this is no database, but a text of some length\n".utf8)
      .write(to: directory.url("text.db"))
    for path in ["no/such/r.db", "text.db", "."] {
      let result = try Command.run("analyze", "--database", directory.file(path), tunnel)
      #expect(result.status == 1)
      #expect(result.error.contains(directory.file(path)))
      #expect(result.text.contains("0x00001001"))
    }
  }

  @Test("1: the disk is full; the report comes out all the same")
  func fullDisk() throws {
    let result = try Command.run("analyze", "--database", "/dev/full", tunnel)
    #expect(result.status == 1)
    #expect(result.text.contains("0x00001001"))
    let directory = try TemporaryDirectory()
    let limited = try Command.shell(
      // The file may not grow beyond 8 KiB.
      "trap '' XFSZ; ulimit -f 8; $GAPSCOPE analyze --database $DIR/r.db \(tunnel) | cat",
      in: directory)
    #expect(limited.error.contains("r.db"))
    #expect(limited.text.contains("0x00001001"))
  }

  @Test("1: a full disk for the report itself")
  func fullOutput() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell("$GAPSCOPE analyze --json \(tunnel) > /dev/full", in: directory)
    #expect(result.status == 1)
    #expect(result.error.contains("No space left"))
  }

  @Test("a reader that goes away ends it without a word, after the result is stored")
  func brokenPipe() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      $GAPSCOPE generate --packets 100000 --flows 20000 --output $DIR/t.pcap
      $GAPSCOPE analyze --json --database $DIR/r.db $DIR/t.pcap | head -c 10 | wc -c
      """, in: directory)
    #expect(result.text == "10\n")
    #expect(result.error.isEmpty)
    #expect(directory.holds("r.db"))
  }

  @Test(
    "0: a signal ends the reading; what was read is reported", arguments: ["INT", "TERM"],
    ["cat", "gzip -c"])
  func signals(_ signal: String, _ writer: String) throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gzip -dc \(tunnel) | head -c 1100000 > $DIR/cut.pcap
      mkfifo $DIR/fifo
      $GAPSCOPE analyze --json --database $DIR/r.db $DIR/fifo > $DIR/report.json &
      # The FIFO stays open: without the signal there would be no end.
      exec 3> $DIR/fifo; \(writer) $DIR/cut.pcap >&3
      sleep 1; kill -\(signal) $!
      wait $!; echo $?
      """, in: directory)
    #expect(result.text == "0\n")
    #expect(result.error.contains("Note: interrupted"))
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: directory.url("report.json")))
        as? [String: Any])
    let packets = (report["totals"] as? [String: Any])?["packets"] as? Int
    #expect(try packets == lastWholeRecord(directory.url("cut.pcap")).packets)
    #expect((report["notes"] as? [String])?.contains { $0.contains("interrupted") } == true)
    #expect(directory.holds("r.db"))
  }

  @Test("1: a gate that was interrupted does not pass, though nothing was lost in what it saw")
  func interruptedGate() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gzip -dc \(tunnel) | head -c 1100000 > $DIR/cut.pcap
      mkfifo $DIR/fifo
      $GAPSCOPE analyze --fail-if 'lost>1000000' $DIR/fifo > $DIR/report.txt &
      exec 3> $DIR/fifo; cat $DIR/cut.pcap >&3
      sleep 1; kill -INT $!
      wait $!; echo $?
      """, in: directory)
    #expect(result.text == "1\n")
    #expect(result.error.contains("has not judged all of the input"))
    #expect(directory.holds("report.txt"))
  }

  @Test(
    "1: where too few files may be open it was ended by an illegal instruction",
    arguments: [
      "analyze \(tunnel) --database $DIR/r.db", "serve --database $DIR/r.db --listen 127.0.0.1:0",
      "report --database $DIR/r.db --html $DIR/r.html",
    ])
  func fewDescriptors(command: String) throws {
    let directory = try TemporaryDirectory()
    for limit in 7...16 {
      let result = try Command.shell(
        "ulimit -n \(limit); $GAPSCOPE \(command)", in: directory)
      #expect(result.status == 1, "\(limit)")
      #expect(result.error.contains("raise their limit, as in ulimit -n 1024"), "\(limit)")
    }
  }

  // MARK: The obvious reader

  /// Where the record begins that is cut off, and how many come before it.
  private func lastWholeRecord(_ url: URL) throws -> (offset: Int, packets: Int) {
    let octets = [UInt8](try Data(contentsOf: url))
    var (offset, packets) = (24, 0)
    while offset + 16 <= octets.count {
      let length = (0..<4).reduce(0) { $0 | Int(octets[offset + 8 + $1]) << (8 * $1) }
      guard offset + 16 + length <= octets.count else { break }
      offset += 16 + length
      packets += 1
    }
    return (offset, packets)
  }

  @Test("a capture of which nothing could be read was in no report, only on standard error")
  func unreadable() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      head -c 10 '\(Command.demo.path)/README.md' > "$DIR/none.pcap"
      exec "$GAPSCOPE" analyze --json "$DIR/none.pcap" '\(Command.demo.path)/esp-esn-wrap.pcap.gz'
      """, in: directory)
    #expect(result.status == 2)
    let notes = try #require(try result.json()["notes"] as? [String])
    #expect(
      notes.contains { $0.hasPrefix("nothing could be read of \(directory.file("none.pcap"))") })
    // Once is enough there.
    #expect(!result.error.contains("Note: nothing could be read"))
  }
}

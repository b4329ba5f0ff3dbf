import CaptureTestSupport
import Foundation
import Testing

@Suite("generate")
struct GenerateTests {
  @Test("the truth goes beside the capture")
  func truth() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.run(
      "generate", "--packets", "2000", "--flows", "4", "--output", directory.file("t.pcap"))
    #expect(result.status == 0)
    #expect(result.output.isEmpty && result.error.isEmpty)
    let truth = try JSONSerialization.jsonObject(
      with: Data(contentsOf: directory.url("t.truth.json")))
    let totals = (truth as? [String: Any])?["totals"] as? [String: Any]
    #expect(totals?["packets"] as? Int == 2000)
  }

  @Test("a capture that was interrupted said nothing, beside the truth of the one before")
  func interrupted() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      cd "$DIR"; echo old > t.truth.json; mkfifo fifo; exec 3<> fifo
      "$GAPSCOPE" generate --packets 20000 --flows 4 --output fifo --truth t.truth.json &
      # Nobody takes more than this first octet: it can go on until the pipe is full.
      head -c 1 <&3 > /dev/null
      kill -TERM $!
      wait $!
      """, in: directory)
    #expect(result.status == 1)
    #expect(
      result.error.contains("fifo: interrupted: only the beginning is written"), "\(result.error)")
    #expect(!directory.holds("t.truth.json"))
  }

  @Test("-q says nothing where no truth is written")
  func quiet() throws {
    let line = ["generate", "--packets", "10", "--flows", "1", "--output", "/dev/null"]
    #expect(try Command.run(line).error.hasPrefix("Note: no truth is written"))
    let quiet = try Command.run(line + ["-q"])
    #expect(quiet.status == 0 && quiet.error.isEmpty)
  }

  @Test("the same seed gives the same octets, another one others")
  func seed() throws {
    let directory = try TemporaryDirectory()
    for (name, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
      let result = try Command.run(
        "generate", "--packets", "2000", "--flows", "4", "--seed", seed,
        "--output", directory.file("\(name).pcapng"), "--format", "pcapng")
      #expect(result.status == 0)
    }
    let captures = try ["a", "b", "c"].map { try Data(contentsOf: directory.url("\($0).pcapng")) }
    #expect(captures[0] == captures[1])
    #expect(captures[0] != captures[2])
  }

  @Test("to standard output it says that no truth is written, unless it is told where")
  func standardOutput() throws {
    let directory = try TemporaryDirectory()
    let arguments = ["generate", "--packets", "100", "--flows", "2", "--output", "-"]
    let alone = try Command.run(arguments)
    #expect(alone.status == 0)
    #expect(alone.error.contains("no truth is written") && alone.error.contains("--truth"))
    let result = try Command.shell(
      "$GAPSCOPE \(arguments.joined(separator: " ")) --truth $DIR/truth.json", in: directory)
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
    #expect(result.output == alone.output)
    #expect(result.output.count > 100 * 60)
    #expect(directory.holds("truth.json"))
  }

  @Test("no truth is written beside a device or a FIFO", arguments: ["null", "fifo"])
  func noRegularFile(_ name: String) throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      # The FIFO is open for reading too: its writer waits for nobody.
      ln -s /dev/null $DIR/null; mkfifo $DIR/fifo; exec 3<> $DIR/fifo
      $GAPSCOPE generate --packets 20 --flows 2 --sizes 64 --output $DIR/\(name)
      """, in: directory)
    #expect(result.status == 0)
    #expect(result.error.contains("no truth is written, since"))
    #expect(!directory.holds("\(name).truth.json"))
  }

  @Test(
    "what makes no sense is a usage error that says what would",
    arguments: [
      (["--sizes", "4"], "60 to 9216"), (["--protocol", "ospf"], "macsec, ipsec, generic"),
      (["--scenario", "rain"], "loss:rate"), (["--packets", "1"], "flows"),
      (["--vlan-share", "2"], "from 0 to 1"), (["--snap-length", "20"], "96"),
      (["--format", "erf"], "pcapng"), (["--packets", "-1"], "packets"),
      (["--truth", "$DIR/x.pcap"], "name the same file"),
    ])
  func usage(_ arguments: [String], _ hint: String) throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      "$GAPSCOPE generate --output $DIR/x.pcap \(arguments.joined(separator: " "))", in: directory)
    #expect(result.status == 64)
    #expect(result.error.contains(hint))
    #expect(!directory.holds("x.pcap"))
  }

  @Test("an unknown scenario or key got one line of several hundred characters")
  func unknownScenario() throws {
    let scenario = try Command.run("generate", "-o", "-", "--scenario", "reordr")
    #expect(scenario.status == 64)
    #expect(
      scenario.error.hasPrefix(
        """
        Error: There is no scenario 'reordr'; did you mean reorder? With keys and defaults:
          loss:rate=0.01
          gilbert-elliott:p=0.005,r=0.3,bad=1,good=0

        """))
    let key = try Command.run("generate", "-o", "-", "--scenario", "loss:rat=1")
    #expect(key.status == 64)
    #expect(key.error.contains("expected no 'rat'; the keys of loss are rate, share\n"))
    for error in [scenario.error, key.error] {
      #expect(error.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(error)")
    }
  }

  @Test(
    "plain flows have no numbers, so no events",
    arguments: ["replay", "wrap", "rekey", "return", "restart", "forged", "outage", "skip"])
  func generic(_ scenario: String) throws {
    let directory = try TemporaryDirectory()
    let result = try Command.run(
      "generate", "--protocol", "generic", "--packets", "20000", "--flows", "4",
      "--scenario", scenario, "--output", directory.file("x.pcap"))
    #expect(result.status == 64)
    #expect(result.error.contains("scenario '\(scenario)' fits no flow"))
    #expect(result.error.contains("protocol with numbers"))
  }

  @Test("a file that cannot be written is an error with its name")
  func unwritable() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.run(
      "generate", "--packets", "10", "--flows", "2", "--output", directory.file("no/x.pcap"))
    #expect(result.status == 1)
    #expect(result.error.contains("no/x.pcap: cannot be opened: No such file or directory"))
  }

  @Test("a reader that goes away ends it without a word")
  func brokenPipe() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      "$GAPSCOPE generate --packets 200000 --flows 20 --truth none --output - | head -c 24 | wc -c",
      in: directory)
    #expect(result.text == "24\n")
    #expect(result.error.isEmpty)
  }
}

import CaptureTestSupport
import Foundation
import Testing

private let tunnel = Command.demo.appendingPathComponent("esp-esn-wrap.pcap.gz").path

@Suite("What is said of a wrong command line")
struct MessageTests {
  @Test(
    "names what is wrong with the value",
    arguments: [
      (["--bucket", "-1s", "x"], "'-1s' is not a duration"),
      (["--width", "-3", "x"], "--width -3 is not from"),
      (["--gaps", "1e3", "x"], "'1e3' is no number of gaps"),
      (["--gaps", "-1", "x"], "'-1' is no number of gaps"),
      (["-o", "lo", "x"], "--output is of a replay"),
      (["-o", "lo", "--pps", "1", "--json", "x"], "leave out --json"),
      (["--json", "--csv", "x"], "--json and --csv are two forms of one report"),
      (["--fail-if", "lost>99999999999999999999", "x"], "a number has 18 digits at most"),
    ])
  func values(arguments: [String], text: String) throws {
    let result = try Command.run(["analyze"] + arguments)
    #expect(result.status == 64)
    #expect(result.error.contains(text), "\(result.error)")
    #expect(result.error.contains("Usage: gapscope analyze "))
  }

  @Test(
    "how files rotate must make sense",
    arguments: [
      (["--rotate-size", "3MB"], "name one with --write"),
      (["-w", "x", "--rotate-files", "3"], "--rotate-files needs --rotate-size or --rotate-time"),
      (["-w", "x", "--rotate-size", "3M"], "'3M' is not a size, as in 100MB or 2GiB"),
      (["-w", "x", "--rotate-size", "99999999999GB"], "'99999999999GB' is not a size"),
      (["-w", "x", "--rotate-size", "1MB"], "--rotate-size is less than 2MB"),
      (["-w", "-"], "Standard output takes the report"),
    ])
  func rotation(arguments: [String], text: String) throws {
    let result = try Command.run(["capture", "-i", "lo"] + arguments)
    #expect(result.status == 64)
    #expect(result.error.contains(text), "\(result.error)")
  }

  @Test("a filter that is not understood shows how to use the subcommand")
  func filter() throws {
    for arguments in [["analyze"], ["transcript", "-o", "/dev/null"]] {
      let result = try Command.run(arguments + ["-f", "((", tunnel])
      #expect(result.status == 64)
      #expect(result.error.contains("'(('"))
      #expect(result.error.contains("Usage: gapscope \(arguments[0]) [<options>] <file> ..."))
      #expect(result.error.contains("See 'gapscope \(arguments[0]) --help'"))
    }
  }

  @Test(
    "a number of gaps holds wherever it stands",
    arguments: [
      ["--gaps", "3", "--csv"], ["--csv", "--gaps", "3"], ["--gaps=3", "--csv"],
      ["--gaps", "3", "--sort", "lost", "--csv"],
    ])
  func gapsBeforeOthers(arguments: [String]) throws {
    let all = try Command.run(["analyze", "-q", "--csv", "--gaps", tunnel])
    let some = try Command.run(["analyze", "-q"] + arguments + [tunnel])
    #expect(all.text.split(separator: "\r\n").count > 4)
    #expect(some.text.split(separator: "\r\n").count == 4, "\(some.error)")
  }

  @Test("a transcript does not overwrite its capture, whatever that is called")
  func transcriptOverCapture() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gzip -dc \(tunnel) | head -c 100000 > $DIR/a.pcap; cd $DIR; ln -s a.pcap b; ln a.pcap c
      for output in ./a.pcap b c; do
        $GAPSCOPE transcript -o $output a.pcap; echo $?
      done
      wc -c < a.pcap
      """, in: directory)
    #expect(result.text.split(separator: "\n") == ["64", "64", "64", "100000"], "\(result.error)")
  }

  @Test("what cannot be generated overwrites nothing")
  func impossibleTraffic() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      echo precious > $DIR/p.pcap
      $GAPSCOPE generate --packets 40000 --flows 1500 --scenario rekey -o $DIR/p.pcap
      echo $?; cat $DIR/p.pcap
      """, in: directory)
    #expect(result.text == "64\nprecious\n")
  }

  @Test("a name that is not UTF-8 is refused, and not taken for another")
  func notUTF8() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      "$GAPSCOPE generate --packets 10 --flows 1 -o $DIR/$(printf 'a\\376')", in: directory)
    #expect(result.status == 64)
    #expect(result.error.contains("is not UTF-8"))
  }

  @Test("what is no place for a database is said", arguments: ["''", "/dev/null"])
  func noDatabase(path: String) throws {
    let result = try Command.shell(
      "$GAPSCOPE analyze -q --database \(path) \(tunnel); echo $?; ls /dev/null-journal",
      in: TemporaryDirectory())
    #expect(result.text.hasSuffix("\n1\n"))
    #expect(result.error.contains("is no place for a database"))
  }

  @Test("an endless configuration is refused")
  func endlessConfiguration() throws {
    let result = try Command.run(["analyze", "--config", "/dev/zero", tunnel])
    #expect(result.status == 1)
    #expect(result.error.contains("/dev/zero: more than"))
  }

  @Test("an endless file that is no transcript is refused at once")
  func endlessTranscript() throws {
    let result = try Command.run(["merge", "/dev/zero"])
    #expect(result.status == 1)
    #expect(result.error.contains("/dev/zero: is no transcript"))
  }

  @Test("a subcommand that there is not", arguments: [["analyse", "x"], ["help", "analyse"]])
  func unknownSubcommand(arguments: [String]) throws {
    let result = try Command.run(arguments)
    #expect(result.status == 64)
    #expect(result.error.contains("'analyse' is no subcommand; did you mean analyze?"))
    #expect(try !Command.run(["link.pcap"]).error.contains("did you mean"))
  }

  @Test("an empty filter is none, also for link types that libpcap does not know")
  func emptyFilter() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      #"""
      printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\377\377\0\0' > $DIR/strange.pcap
      $GAPSCOPE analyze -q -f '' $DIR/strange.pcap && $GAPSCOPE analyze -q -f ' ' $DIR/strange.pcap
      """#, in: directory)
    #expect(result.status == 0, "\(result.error)")
  }

  @Test("the truth does not overwrite its capture under another name")
  func linkedTruth() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      "touch $DIR/a; ln $DIR/a $DIR/b; $GAPSCOPE generate --packets 10 -o $DIR/a --truth $DIR/b",
      in: directory)
    #expect(result.status == 64)
    #expect(result.error.contains("--truth and --output name the same file"))
  }

  @Test("a file that may not grow further is an error, not the end of the process")
  func fileSizeLimit() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      "ulimit -f 8; $GAPSCOPE generate --packets 10000 --flows 10 -o $DIR/large.pcap", in: directory
    )
    #expect(result.status == 1)
    #expect(result.error.contains("large.pcap"), "\(result.error)")
  }

  @Test("what a subcommand has no use for is refused", arguments: ["transcript", "merge", "info"])
  func threads(subcommand: String) throws {
    let output = subcommand == "transcript" ? ["-o", "/dev/null"] : []
    let result = try Command.run([subcommand, "--threads", "2", "x"] + output)
    #expect(result.status == 64)
    #expect(result.error.contains("'--threads'"))
    #expect(try !Command.run(subcommand, "--help").text.contains("--bucket"))
  }

  @Test(
    "control characters of arguments do not steer the terminal",
    arguments: [
      ["analyze", "--\u{1B}[31mred"], ["analyze", "--sort", "\u{1B}[2J", "x"],
      ["analyze", "\u{1B}]0;title\u{7}.pcap"], ["analyze", "-f", "(\u{1B}[2J", tunnel],
      ["\u{9B}31m"], ["generate", "-o", "/nowhere/\u{1B}[2J.pcap"],
    ])
  func controls(arguments: [String]) throws {
    let result = try Command.run(arguments)
    #expect(result.status != 0 && !result.error.isEmpty)
    #expect(
      !result.error.unicodeScalars.contains {
        $0.properties.generalCategory == .control && $0 != "\n"
      })
  }

  @Test(
    "1: what was asked for finds no place",
    arguments: ["--help", "--version", "analyze --help", "--generate-completion-script bash", ""])
  func fullDisk(arguments: String) throws {
    let directory = try TemporaryDirectory()
    let full = try Command.shell("$GAPSCOPE \(arguments) > /dev/full", in: directory)
    #expect(full.status == 1)
    #expect(full.error.contains("No space left"))
    let whole = try Command.shell("$GAPSCOPE \(arguments)", in: directory)
    #expect(whole.status == 0 && whole.error.isEmpty && !whole.output.isEmpty)
    // Whoever looked at the beginning has seen enough.
    let head = try Command.shell(
      "set -o pipefail; $GAPSCOPE \(arguments) | head -c 1", in: directory)
    #expect(head.status == 0 && head.error.isEmpty)
  }

  @Test("a limit on the length of files is named, and not by a number of SQLite")
  func fileLimit() throws {
    let directory = try TemporaryDirectory()
    let limited = try Command.shell(
      "trap '' XFSZ; ulimit -f 8; $GAPSCOPE analyze --database $DIR/r.db \(tunnel) | cat",
      in: directory)
    #expect(limited.error.contains("r.db: the limit on the length of files is reached"))
  }
}

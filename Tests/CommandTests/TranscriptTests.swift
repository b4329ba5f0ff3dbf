import CaptureTestSupport
import Foundation
import Testing

private let rekey = Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path
private let tunnel = Command.demo.appendingPathComponent("esp-esn-wrap.pcap.gz").path

@Suite("transcript and merge")
struct TranscriptTests {
  @Test(
    "give what analyze gives, in each form and whatever the order",
    arguments: [[], ["--json"], ["--csv"], ["--csv", "--gaps"], ["--gaps", "3"]])
  func merging(form: [String]) throws {
    let directory = try TemporaryDirectory()
    try transcript(rekey, directory, "a")
    try transcript(tunnel, directory, "b")
    // In the order of their first frames.
    let expected = try Command.run(["analyze"] + form + [rekey, tunnel])
    for names in [["a", "b"], ["b", "a"], ["b", "a", "b"]] {
      let merged = try Command.run(["merge"] + form + names.map { directory.url($0).path })
      #expect(merged.status == 0)
      #expect(merged.text == expected.text, "\(names)")
    }
  }

  @Test("filters and limits of time are those of the transcripts", arguments: ["-f", "--to"])
  func filters(option: String) throws {
    let directory = try TemporaryDirectory()
    let value = option == "-f" ? "ether proto 0x88e5" : "2026-11-23T01:03:50Z"
    try transcript(rekey, directory, "a", option, value)
    try transcript(tunnel, directory, "b", option, value)
    let merged = try Command.run("merge", directory.url("b").path, directory.url("a").path)
    let expected = try Command.run("analyze", option, value, rekey, tunnel)
    #expect(merged.text == expected.text && merged.text.count > 100)
  }

  @Test("one transcript of several files, several in one file, standard input and output")
  func together() throws {
    let directory = try TemporaryDirectory()
    let expected = try Command.run("analyze", "--json", rekey, tunnel).text
    let both = try Command.shell(
      "$GAPSCOPE transcript \(tunnel) \(rekey) -o - | $GAPSCOPE merge --json -", in: directory)
    #expect(both.text == expected)
    try transcript(rekey, directory, "a")
    try transcript(tunnel, directory, "b")
    let joined = try Command.shell(
      "cat $DIR/b $DIR/a > $DIR/c; $GAPSCOPE merge --json $DIR/c", in: directory)
    #expect(joined.text == expected)
  }

  @Test("a healthy link of a million packets takes less than 10 kB")
  func size() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      $GAPSCOPE generate --packets 1000000 --flows 1 --protocol macsec --scenario none \
        --packets-per-second 10000 --format pcap-nsec --truth none -o - |
        $GAPSCOPE transcript - -o $DIR/link
      """, in: directory)
    #expect(result.status == 0)
    let length = try Data(contentsOf: directory.url("link")).count
    #expect(length > 1_000 && length < 10_000)
  }

  @Test("killed while it writes, it leaves nothing", .enabled(if: hasNamelessFiles))
  func killed() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      mkdir $DIR/out && mkfifo $DIR/in
      $GAPSCOPE transcript - -o $DIR/out/t < $DIR/in & pid=$!
      exec 3> $DIR/in; zcat \(rekey) | head -c 1000 >&3
      for attempt in $(seq 600); do
        readlink /proc/$pid/fd/* | grep -q "^$DIR/out/" && break
        sleep 0.1
      done
      readlink /proc/$pid/fd/* | grep -c "^$DIR/out/"
      kill -9 $pid; wait $pid 2> /dev/null; ls -A $DIR/out
      """, in: directory)
    #expect(result.text == "1\n")
  }

  /// Whether the file system has files without a name, of which nothing stays.
  static var hasNamelessFiles: Bool {
    // `__O_TMPFILE | O_DIRECTORY`.
    let descriptor = open(
      FileManager.default.temporaryDirectory.path, 0o20_000_000 | O_DIRECTORY | O_WRONLY, 0o600)
    return descriptor >= 0 && close(descriptor) == 0
  }

  @Test("two points stay two, and the database gets the run of analyze")
  func points() throws {
    let directory = try TemporaryDirectory()
    let merged = try Command.shell(
      """
      $GAPSCOPE transcript --point near=\(rekey) --point far=\(tunnel) -o $DIR/t &&
      $GAPSCOPE merge --json --database $DIR/results.db $DIR/t
      """, in: directory)
    #expect(merged.status == 0)
    let expected = try Command.run(
      "analyze", "--json", "--point", "near=\(rekey)", "--point", "far=\(tunnel)")
    #expect(merged.text == expected.text)
    #expect(FileManager.default.fileExists(atPath: directory.url("results.db").path))
  }

  @Test("lines of JSON have a channel each, whose transcripts make its report")
  func lines() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.run("transcript", "--format", "ndjson", rekey, "-o", "-")
    #expect(result.status == 0)
    let rows = try result.text.split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
    }
    let names = ["macsec/020000000a010001", "macsec/020000000b010001"]
    #expect(rows.count == 3 && rows.last?["channel"] is NSNull)
    #expect(Set(rows.compactMap { $0["channel"] as? String }) == Set(names))
    #expect(rows.allSatisfy { $0["schema"] as? String == "gapscope.transcript/1" })
    #expect(rows.last?["packets"] as? Int == 12_043)

    let all = try Command.run("analyze", "--json", "--sci", "020000000a010001", rekey).json()
    let row = try #require(rows.first { $0["channel"] as? String == names[0] })
    let text = try #require(row["transcript"] as? String)
    try #require(Data(base64Encoded: text)).write(to: directory.url("channel"))
    let one = try Command.run("merge", "--json", directory.url("channel").path).json()
    for member in ["associations", "gaps", "skips"] {
      let (found, known) = (one[member] as? NSArray, all[member] as? NSArray)
      #expect(found?.count ?? 0 > 0 && found == known, "\(member)")
    }
  }

  @Test("the frames of a capture counted once for each channel, where lines of several were merged")
  func linesOfSeveralChannels() throws {
    let directory = try TemporaryDirectory()
    let lines = try Command.run("transcript", "--format", "ndjson", rekey, "-o", "-").text
    var whole = Data()
    for line in lines.split(separator: "\n") {
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      whole += try #require((row?["transcript"] as? String).flatMap { Data(base64Encoded: $0) })
    }
    try whole.write(to: directory.url("channels"))
    for option in [[], ["--in-order"]] {
      let result = try Command.run(["merge", directory.file("channels")] + option)
      #expect(result.status == 1 && result.output.isEmpty)
      #expect(result.error.contains("are of one capture, but not the same"), "\(result.error)")
    }
  }

  @Test("what cannot be merged is refused with a sentence")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    try transcript(rekey, directory, "a")
    try transcript(tunnel, directory, "narrow", "--window", "100")
    try expect(
      refusal: """
        \(tunnel) (in \(directory.file("narrow"))) was recorded with another --window than \(rekey) \
        (in \(directory.file("a")));
        """, of: ["a", "narrow"], directory)
    try Data("GSTR is no transcript".utf8).write(to: directory.url("foreign"))
    try expect(refusal: "foreign: is no transcript", of: ["a", "foreign"], directory)
    try expect(refusal: "missing: cannot be opened", of: ["missing"], directory)
    var damaged = try Data(contentsOf: directory.url("a"))
    damaged[damaged.count / 2] ^= 1
    try damaged.write(to: directory.url("damaged"))
    try expect(refusal: "damaged: is damaged", of: ["damaged"], directory)
    // The same frames at the same times, and one more: another part that overlaps.
    let longer = try Command.shell(
      """
      $GAPSCOPE generate --packets 900 --flows 1 --seed 1 --truth none -o $DIR/1.pcap &&
      $GAPSCOPE generate --packets 901 --flows 1 --seed 2 --truth none -o $DIR/2.pcap &&
      $GAPSCOPE transcript $DIR/1.pcap $DIR/2.pcap -o $DIR/overlap
      """, in: directory)
    #expect(longer.status == 0)
    try expect(refusal: "are of one point and overlap in time", of: ["overlap"], directory)
  }

  @Test("cut where the clock was set back, one capture could not be merged: --in-order says how")
  func inOrder() throws {
    let directory = try TemporaryDirectory()
    // The one that was captured later says that it was earlier.
    let made = try Command.shell(
      """
      $GAPSCOPE generate --packets 900 --flows 1 --truth none -o $DIR/1.pcap &&
      $GAPSCOPE generate --packets 901 --flows 1 --seed 2 --truth none -o $DIR/2.pcap &&
      $GAPSCOPE transcript -q $DIR/1.pcap -o $DIR/1 && $GAPSCOPE transcript -q $DIR/2.pcap -o $DIR/2
      """, in: directory)
    #expect(made.status == 0)
    try expect(refusal: "name all in that order and add --in-order", of: ["1", "2"], directory)
    for names in [["1", "2"], ["2", "1"]] {
      let merged = try Command.run(
        ["merge", "--json", "--in-order"] + (names + names).map { directory.file($0) })
      let expected = try Command.run(
        ["analyze", "--json", "--in-order"] + names.map { directory.file("\($0).pcap") })
      #expect(merged.status == 0 && merged.text.count > 100)
      #expect(merged.text == expected.text, "\(names)")
      let repeated = merged.error.split(separator: "\n").filter { $0.contains("counts once") }
      #expect(repeated.count == 2 && repeated[0].contains("\(names[0]).pcap (in "))
    }
  }

  @Test("captures of one name were not told apart: the message names their transcripts")
  func sameName() throws {
    let directory = try TemporaryDirectory()
    try transcript(rekey, directory, "one")
    try transcript(rekey, directory, "other", "--start", "32")
    try expect(refusal: directory.file("one"), of: ["one", "other"], directory)
    try expect(refusal: directory.file("other"), of: ["one", "other"], directory)
  }

  @Test("two taps without names are refused, and the message says that they may be two points")
  func twoTaps() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gzip -dc \(rekey) > $DIR/near.pcap && head -c 100000 $DIR/near.pcap > $DIR/far.pcap
      $GAPSCOPE transcript -q $DIR/near.pcap $DIR/far.pcap -o $DIR/taps
      $GAPSCOPE transcript -q --point near=$DIR/near.pcap --point far=$DIR/far.pcap -o $DIR/points
      """, in: directory)
    #expect(result.status == 2)
    try expect(refusal: "overlap in time, by ", of: ["taps"], directory)
    try expect(refusal: "where they are of two points", of: ["taps"], directory)
    #expect(try Command.run("merge", directory.file("points")).text.contains("far"))
  }

  @Test("what was wrong behind the first part of a transcript was not found: its octet is named")
  func place() throws {
    let directory = try TemporaryDirectory()
    try transcript(rekey, directory, "a")
    let part = try Data(contentsOf: directory.url("a"))
    try (part + Data("\n".utf8)).write(to: directory.url("line"))
    try (part + part.dropLast()).write(to: directory.url("cut"))
    let place = "what begins at octet \(part.count)"
    try expect(refusal: "line: \(place) is no transcript", of: ["line"], directory)
    try expect(refusal: "cut: \(place) is cut off", of: ["a", "cut"], directory)
  }

  @Test("lines of JSON were called no transcript: the message says what to merge of them")
  func mergedLines() throws {
    let directory = try TemporaryDirectory()
    try transcript(rekey, directory, "lines", "--format", "ndjson")
    try expect(refusal: "lines: has lines of JSON; merge what stands", of: ["lines"], directory)
  }

  @Test("--bucket is refused, and an output that is an input")
  func usage() throws {
    let directory = try TemporaryDirectory()
    for command in ["transcript", "merge"] {
      let result = try Command.run(command, "--bucket", "1s", rekey, "-o", directory.url("t").path)
      #expect(result.status == 64)
    }
    let bucket = try Command.run("merge", "--bucket", "1s", rekey)
    #expect(bucket.error.contains("--bucket needs the captures"))
    let same = try Command.run("transcript", "x.pcap", "-o", "x.pcap")
    #expect(same.status == 64 && same.error.contains("--output names a capture"))
  }

  @Test("a damaged capture is recorded up to the damage, and merge says so too")
  func damage() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gzip -dc \(tunnel) | head -c 100000 > $DIR/cut.pcap
      $GAPSCOPE transcript $DIR/cut.pcap missing.pcap -o $DIR/t; echo "status $?"
      """, in: directory)
    #expect(result.text == "status 2\n")
    #expect(result.error.contains("damaged at octet") && result.error.contains("missing.pcap"))
    let merged = try Command.run("merge", "--json", directory.url("t").path)
    #expect(merged.status == 2 && merged.error.contains("damaged at octet"))
    let expected = try Command.run("analyze", "--json", directory.url("cut.pcap").path)
    #expect(merged.text == expected.text)
  }

  private func transcript(
    _ capture: String, _ directory: TemporaryDirectory, _ name: String, _ options: String...
  ) throws {
    let arguments = ["transcript", capture, "--output", directory.url(name).path] + options
    let result = try Command.run(arguments)
    let filtered = "Note: only frames that match the filter are analyzed: "
    #expect(result.status == 0)
    #expect(options.contains("-f") ? result.error.hasPrefix(filtered) : result.error.isEmpty)
  }

  private func expect(
    refusal: String, of names: [String], _ directory: TemporaryDirectory
  ) throws {
    let result = try Command.run(["merge"] + names.map { directory.url($0).path })
    #expect(result.status == 1 && result.text.isEmpty)
    #expect(result.error.contains(refusal), "\(result.error)")
  }
}

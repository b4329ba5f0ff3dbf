import CaptureTestSupport
import Foundation
import Testing

@Suite("A file that is replaced")
struct OutputFileTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    let made = try Command.run(
      "generate", "--packets", "20000", "--flows", "200", "--truth", "none", "-o",
      directory.file("a.pcap"))
    #expect(made.status == 0, "\(made.error)")
    let result = try Command.run(
      "analyze", "-q", "--database", directory.file("live.db"), directory.file("a.pcap"))
    #expect(result.status == 0, "\(result.error)")
  }

  /// Each writes more than 60 KiB into `$DIR/result`.
  private static let commands = [
    "report --database $DIR/live.db --html $DIR/result",
    "transcript --format ndjson --each-frame $DIR/a.pcap -o $DIR/result",
    "generate --packets 2000 --flows 500 --truth $DIR/result -o -",
  ]

  /// Without what SQLite makes beside a database.
  private func entries() throws -> Set<String> {
    try Set(FileManager.default.contentsOfDirectory(atPath: directory.path))
      .filter { !$0.hasPrefix("live.db") }
  }

  @Test("a full disk leaves the old one, not a part of the new one", arguments: commands)
  func full(command: String) throws {
    try Data("before".utf8).write(to: directory.url("result"))
    let before = try entries()
    let result = try Command.shell(
      "ulimit -f 60; $GAPSCOPE \(command) > /dev/null", in: directory)
    #expect(result.status == 1)
    #expect(result.error.contains("\(directory.file("result")): "), "\(result.error)")
    #expect(try Data(contentsOf: directory.url("result")) == Data("before".utf8))
    #expect(try entries() == before)
  }

  @Test("and where there was none, none", arguments: commands)
  func none(command: String) throws {
    let before = try entries()
    let result = try Command.shell(
      "ulimit -f 60; $GAPSCOPE \(command) > /dev/null", in: directory)
    #expect(result.status == 1)
    #expect(try entries() == before)
  }

  @Test("keeps its permissions, and a link still leads to it", arguments: commands)
  func link(command: String) throws {
    let result = try Command.shell(
      """
      mkdir $DIR/sub && echo before > $DIR/sub/file && chmod 640 $DIR/sub/file &&
      ln -s sub/file $DIR/result && $GAPSCOPE \(command) > /dev/null &&
      stat -c %a $DIR/sub/file && readlink $DIR/result && ls -A $DIR/sub
      """, in: directory)
    #expect(result.text == "640\nsub/file\nfile\n", "\(result.error)")
    #expect(try Data(contentsOf: directory.url("sub/file")).count > 61_440)
  }

  @Test("has the permissions that a new one gets", arguments: commands)
  func mode(command: String) throws {
    let result = try Command.shell(
      "umask 027; $GAPSCOPE \(command) > /dev/null && stat -c %a $DIR/result", in: directory)
    #expect(result.text == "640\n", "\(result.error)")
  }

  @Test("a FIFO is written, not replaced", arguments: commands)
  func fifo(command: String) throws {
    let result = try Command.shell(
      """
      mkfifo $DIR/result && { wc -c < $DIR/result > $DIR/count & } &&
      $GAPSCOPE \(command) > /dev/null && wait && test -p $DIR/result && cat $DIR/count
      """, in: directory)
    #expect(Int(result.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 > 61_440)
  }

  @Test("a transcript of nothing that can be read does not empty the one that was there")
  func nothing() throws {
    try Data("before".utf8).write(to: directory.url("result"))
    let result = try Command.run(
      "transcript", directory.file("none.pcap"), "-o", directory.file("result"))
    #expect(result.status == 1)
    #expect(try Data(contentsOf: directory.url("result")) == Data("before".utf8))
  }
}

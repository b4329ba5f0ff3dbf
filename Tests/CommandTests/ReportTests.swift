import CaptureTestSupport
import Foundation
import Glibc
import Testing

@Suite("gapscope report")
struct ReportTests {
  private let directory: TemporaryDirectory
  private var database: String { directory.file("live.db") }

  init() throws {
    directory = try TemporaryDirectory()
    let result = try Command.run(
      "analyze", "-q", "--database", directory.file("live.db"),
      Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path)
    #expect(result.status == 0, "\(result.error)")
  }

  @Test("a database that is not ours, in a directory that is not, was said not to be writable")
  func readOnlyPlace() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      mkdir "$DIR/place"
      "$GAPSCOPE" analyze -q --database "$DIR/place/results.db" \\
        '\(Command.demo.path)/esp-esn-wrap.pcap.gz' > /dev/null || exit 99
      chmod 444 "$DIR/place/results.db"
      chmod 555 "$DIR/place"
      # Root may write everywhere, unless it gives that up.
      if test "$(id -u)" = 0; then set -- setpriv --bounding-set=-all --inh-caps=-all; fi
      "$@" "$GAPSCOPE" report --database "$DIR/place/results.db" --html "$DIR/report.html"
      status=$?
      chmod 755 "$DIR/place"
      exit $status
      """, in: directory)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.error.hasPrefix("Wrote "), "\(result.error)")
  }

  @Test("writes one file, or to standard output, the same octets")
  func writes() throws {
    let file = directory.file("report.html")
    let made = try Command.run("report", "--database", database, "--html", file)
    #expect(made.status == 0 && made.output.isEmpty)
    #expect(made.error.hasPrefix("Wrote \(file): run 1, 8 associations, "))
    let output = try Command.run("report", "--database", database, "--html", "-")
    #expect(output.status == 0 && output.error.isEmpty)
    #expect(try Data(contentsOf: directory.url("report.html")) == output.output)
    #expect(output.text.hasPrefix("<!doctype html>"))
    let quiet = try Command.run("report", "-q", "--database", database, "--html", file)
    #expect(quiet.status == 0 && quiet.error.isEmpty)
  }

  @Test("1: not over the database, by whatever name, and not where nothing can be written")
  func refuses() throws {
    let before = try Data(contentsOf: directory.url("live.db"))
    try FileManager.default.createSymbolicLink(
      at: directory.url("link.html"), withDestinationURL: directory.url("live.db"))
    for name in ["live.db", "link.html"] {
      let result = try Command.run(
        "report", "--database", database, "--html", directory.file(name))
      #expect(result.status == 1)
      #expect(result.error.contains("\(name): is the database itself; name another file"))
    }
    #expect(try Data(contentsOf: directory.url("live.db")) == before)
    let nowhere = try Command.run(
      "report", "--database", database, "--html", directory.file("no/where.html"))
    #expect(nowhere.status == 1)
    #expect(nowhere.error.contains("where.html: cannot be opened: No such file or directory"))
  }

  @Test(
    "a database that lies where nothing can be written is read; all of it, or nothing",
    .enabled(if: geteuid() == 0, "needs root, to mount the directory so"))
  func readOnlyFileSystem() throws {
    let line = """
      unshare -m bash -c 'mount --bind $DIR $DIR && mount -o remount,ro,bind $DIR &&
        ! touch $DIR/there && $GAPSCOPE report --database $DIR/live.db --html -'
      """
    let whole = try Command.shell(line, in: directory)
    #expect(whole.status == 0, "\(whole.error)")
    #expect(whole.text.hasPrefix("<!doctype html>"))
    try Data("the last transactions".utf8).write(to: directory.url("live.db-wal"))
    let part = try Command.shell(line, in: directory)
    #expect(part.status == 1 && part.output.isEmpty)
    #expect(part.error.contains("copy it, with the file -wal beside it"), "\(part.error)")
  }

  @Test("1: no database, or no such run; what was there before stays")
  func missing() throws {
    try Data("before".utf8).write(to: directory.url("report.html"))
    let file = directory.file("report.html")
    let missing = try Command.run(
      "report", "--database", directory.file("none.db"), "--html", file)
    #expect(missing.status == 1 && missing.error.contains("none.db: does not exist"))
    let run = try Command.run("report", "--database", database, "--run", "7", "--html", file)
    #expect(run.status == 1 && run.error.contains("has no complete run 7"))
    #expect(try Data(contentsOf: directory.url("report.html")) == Data("before".utf8))
    #expect(!directory.holds("none.db"))
  }

  @Test("1 where the disk is full; 0 where whoever reads has seen enough")
  func output() throws {
    let full = try Command.shell(
      "$GAPSCOPE report --database $DIR/live.db --html /dev/full", in: directory)
    #expect(full.status == 1 && full.error.contains("No space left on device"))
    let head = try Command.shell(
      "set -o pipefail; $GAPSCOPE report --database $DIR/live.db --html - | head -c 10",
      in: directory)
    #expect(head.status == 0 && head.text == "<!doctype " && head.error.isEmpty)
  }

  @Test("64: values that make no sense")
  func usage() throws {
    for arguments in [["--pictures", "101"], ["--run", "0"], []] {
      let output = arguments.isEmpty ? [] : ["--html", "-"]
      let result = try Command.run(["report", "--database", database] + output + arguments)
      #expect(result.status == 64, "\(arguments)")
    }
  }
}

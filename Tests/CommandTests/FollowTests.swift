import CaptureTestSupport
import Foundation
import Testing

private let rekey = Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path

@Suite("analyze --follow")
struct FollowCommandTests {
  @Test("a capture that grew meanwhile has the report of one that was read at once")
  func sameAssociations() throws {
    let directory = try TemporaryDirectory()
    // A signal that comes when all is read: the offset of its descriptor says so.
    let result = try Command.shell(
      """
      cd $DIR
      zcat '\(rekey)' > whole.pcap
      "$GAPSCOPE" analyze --csv whole.pcap > whole.csv
      size=$(stat -c %s whole.pcap)
      head -c 5000 whole.pcap > f.pcap
      "$GAPSCOPE" analyze --follow --csv f.pcap > followed.csv & pid=$!
      read_up_to() {
        for i in $(seq 1000); do
          for fd in /proc/$pid/fd/*; do
            if test "$(readlink $fd)" = "$1"; then
              test "$(sed -n 's/pos:[^0-9]*//p' /proc/$pid/fdinfo/${fd##*/})" = "$2" && return
            fi
          done
          sleep 0.02
        done
        echo "never read up to $2 of $1" >&2
      }
      read_up_to $PWD/f.pcap 5000
      tail -c +5001 whole.pcap >> f.pcap
      read_up_to $PWD/f.pcap $size
      kill -INT $pid
      wait $pid
      echo "status $?"
      cmp whole.csv followed.csv && echo same
      """, in: directory)
    #expect(result.error == "")
    #expect(result.text == "status 0\nsame\n")
  }

  @Test(
    "what cannot be followed is refused",
    arguments: [["-"], [rekey, rekey + "x"], ["--pps", "5", rekey]])
  func refusals(arguments: [String]) throws {
    let result = try Command.run(["analyze", "--follow"] + arguments)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("--follow"))
  }

  @Test("a FIFO was taken for a file that is shortened: it is refused")
  func fifo() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      "mkfifo $DIR/fifo; exec 3<>$DIR/fifo; $GAPSCOPE analyze --follow $DIR/fifo", in: directory)
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("no regular file"))
  }

  @Test("a compressed file cannot be followed, and that is said")
  func compressed() throws {
    let result = try Command.run("analyze", "--follow", rekey)
    #expect(result.status == 1)
    #expect(result.error.contains("omit --follow"))
  }
}

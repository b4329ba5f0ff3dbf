import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("Numbers and lines as people read them")
struct HumaneTextTests {
  @Test("counts are exact below 100,000 and then have three digits")
  func counts() {
    #expect(humane(0) == "0")
    #expect(humane(999) == "999")
    #expect(humane(1_345) == "1,345")
    #expect(humane(99_999) == "99,999")
    #expect(humane(100_000) == "100 k")
    #expect(humane(999_499) == "999 k")
    #expect(humane(999_500) == "1.00 M")
    #expect(humane(2_096_155) == "2.10 M")
    #expect(humane(UInt64.max) == "18.4 E")
    #expect(grouped(UInt64.max) == "18,446,744,073,709,551,615")
  }

  @Test(
    "something is never 0% and less than all never 100%",
    arguments: [
      (0, 10, "0%"), (0, 0, "0%"), (10, 10, "100%"), (1_345, 2_100_000, "0.0640%"),
      (1, 3, "33.3%"), (999_999, 1_000_000, ">99.9%"), (9_994, 10_000, "99.9%"),
      (1, 10_000, "0.0100%"), (123, 1_000_000, "0.0123%"), (1, 5_000_000, "0.0000200%"),
      (1, .max, "<0.00001%"), (124, 10_000, "1.24%"),
    ] as [(UInt64, UInt64, String)])
  func percentages(part: UInt64, whole: UInt64, expected: String) {
    #expect(percentage(part, of: whole) == expected)
  }

  @Test("durations have the unit that fits")
  func durations() {
    #expect(humane(nanoseconds: 0) == "0 ns")
    #expect(humane(nanoseconds: 250) == "250 ns")
    #expect(humane(nanoseconds: 12_340) == "12.3 µs")
    #expect(humane(nanoseconds: 999_999) == "1.00 ms")
    #expect(humane(nanoseconds: 1_250_000_000) == "1.25 s")
    #expect(humane(nanoseconds: 59_999_000_000) == "0m59s")
    #expect(humane(nanoseconds: 2_100_000_000_000) == "35m00s")
    #expect(humane(nanoseconds: 7_500_000_000_000) == "2h05m")
    #expect(humane(nanoseconds: 273_600_000_000_000) == "3d04h")
    #expect(humane(nanoseconds: .max) == "213,503d23h")
  }

  @Test("progress shows rate and time left, as far as there is room")
  func progress() {
    let line = ProgressLine(
      octetsDone: 250_000_000, octetsTotal: 1_000_000_000, packets: 2_000_000,
      elapsed: .seconds(2))
    #expect(
      line.text(width: 100)
        == "[#########.............................]  25%  6 s left  2.00 M packets  1.00 Mpackets/s  125 MB/s"
    )
    #expect(line.text(width: 45) == " 25%  6 s left  2.00 M packets  125 MB/s")
    #expect(line.text(width: 20) == " 25%  6 s left")
    for width in 0...120 { #expect(displayWidth(line.text(width: width)) <= width) }
  }

  @Test("progress of a pipe has no end")
  func progressOfPipe() {
    let line = ProgressLine(
      octetsDone: 1_500_000, octetsTotal: nil, packets: 10, elapsed: .milliseconds(1_500))
    #expect(line.text(width: 80) == "1.50 MB  10 packets  7 packets/s  1.00 MB/s")
  }

  @Test("progress at the beginning and the end divides by nothing")
  func progressEdges() {
    let start = ProgressLine(octetsDone: 0, octetsTotal: 0, packets: 0, elapsed: .zero)
    #expect(start.text(width: 80) == "0 B  0 packets")
    let end = ProgressLine(octetsDone: 20, octetsTotal: 10, packets: 1, elapsed: .seconds(1))
    #expect(end.text(width: 40) == "100%  1 packets  1 packets/s  20 B/s")
    let huge = ProgressLine(
      octetsDone: 1, octetsTotal: .max, packets: .max, elapsed: .seconds(Int64.max))
    #expect(displayWidth(huge.text(width: 60)) <= 60)
  }

  @Test("long names lose their middle")
  func elision() {
    #expect(elided("captures/link.pcap", width: 18) == "captures/link.pcap")
    #expect(elided("captures/link.pcap", width: 11) == "captu….pcap")
    #expect(elided("漢字漢字漢字", width: 7) == "漢…字")
    #expect(elided("ab", width: 1) == "…")
    #expect(elided("ab", width: 0) == "")
  }

  @Test("text of others cannot steer the terminal")
  func control() {
    #expect(
      printable("a\u{1B}[31mb\u{9B}c\u{202E}d\r\n")
        == "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d\u{FFFD}\u{FFFD}")
    #expect(printable("Käfer 🪲.pcap") == "Käfer 🪲.pcap")
  }
}

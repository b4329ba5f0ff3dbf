import CaptureTestSupport
import Foundation
import Testing

private let loss = Command.demo.appendingPathComponent(
  "macsec-loss-reorder-duplicates.pcap.gz"
).path

/// Captures made to exhaust memory.
@Suite("Limits of analyze")
struct LimitTests {
  /// MACsec frames, one a microsecond; `frame` gives SCI and PN of each.
  private func capture(_ count: Int, _ frame: (Int) -> (sci: UInt64, number: UInt32)) -> Data {
    func octets(_ value: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: value) { Array($0) }
    }
    var data = Data(
      octets(UInt32(0xA1B2_C3D4).littleEndian) + [2, 0, 4, 0] + [UInt8](repeating: 0, count: 8)
        + octets(UInt32(65_535).littleEndian) + octets(UInt32(1).littleEndian))
    let addresses: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xE5, 0x2C, 0]
    let secured = [UInt8](repeating: 0xAA, count: 64)
    for index in 0..<count {
      let (sci, number) = frame(index)
      let header =
        octets(UInt32(index / 1_000_000).littleEndian)
        + octets(UInt32(index % 1_000_000).littleEndian)
        + octets(UInt64(0x5C_0000_005C).littleEndian)
      data.append(contentsOf: header)
      data.append(contentsOf: addresses)
      data.append(contentsOf: octets(number.bigEndian))
      data.append(contentsOf: octets(sci.bigEndian))
      data.append(contentsOf: secured)
    }
    return data
  }

  private func reasons(_ report: [String: Any]) -> [String: [String: Any]] {
    let list = report["approximate"] as? [[String: Any]] ?? []
    return Dictionary(list.map { ($0["reason"] as? String ?? "", $0) }) { a, _ in a }
  }

  /// Octets of address space, in units of 1,024: enough for the process and what the limits allow.
  private static let addressSpace = 210_000

  @Test("every frame a new SCI: a report, within the memory that the limit allows")
  func everyFrameANewSCI() throws {
    let directory = try TemporaryDirectory()
    let count = 400_000
    try capture(count) { (0x0200_0000_0000_0000 + UInt64($0), 1) }
      .write(to: directory.url("sci.pcap"))
    let result = try Command.shell(
      """
      ulimit -v \(Self.addressSpace)
      exec $GAPSCOPE analyze --json --threads 1 --max-associations 5000 $DIR/sci.pcap
      """, in: directory)
    #expect(result.status == 0, "\(result.error)")
    let report = try result.json()
    #expect((report["associations"] as? [Any])?.count == 5_000)
    let reason = try #require(reasons(report)["maxAssociations"])
    #expect(reason["limit"] as? Int == 5_000)
    #expect(reason["packets"] as? Int == count - 5_000)
    #expect(reason["octets"] as? Int == (count - 5_000) * 92)
    #expect((report["totals"] as? [String: Any])?["macsec"] as? Int == count)
    #expect(result.error.contains("--max-associations"))

    // Without the limit there would not have been enough.
    let without = try Command.shell(
      """
      ulimit -v \(Self.addressSpace); ulimit -c 0
      exec $GAPSCOPE analyze -q --threads 1 $DIR/sci.pcap
      """, in: directory)
    #expect(without.status == 1 && without.output.isEmpty)
    #expect(without.error.hasPrefix("Error: out of memory: "), "\(without.error)")
  }

  @Test("every second number missing: a report, within the memory that the limit allows")
  func everySecondNumberMissing() throws {
    let directory = try TemporaryDirectory()
    let count = 1_200_000
    try capture(count) { (0x0200_0000_0000_0001, UInt32(2 * $0 + 1)) }
      .write(to: directory.url("gaps.pcap"))
    let result = try Command.shell(
      """
      ulimit -v \(Self.addressSpace)
      exec $GAPSCOPE analyze --json --threads 1 --max-gaps 2000 $DIR/gaps.pcap
      """, in: directory)
    #expect(result.status == 0, "\(result.error)")
    let report = try result.json()
    let association = try #require((report["associations"] as? [[String: Any]])?.first)
    #expect(association["lost"] as? Int == count - 1)
    #expect(association["gaps"] as? Int == count - 1)
    #expect(association["distinct"] as? Int == count)
    let gaps = try #require(report["gaps"] as? [Any])
    #expect((1...2_000).contains(gaps.count))
    let forgotten = count - 1 - gaps.count
    for reason in [
      try #require(reasons(report)["maxGaps"]), try #require(reasons(association)["maxGaps"]),
    ] {
      #expect(reason["gaps"] as? Int == forgotten && reason["missing"] as? Int == forgotten)
    }

    let without = try Command.shell(
      """
      ulimit -v \(Self.addressSpace); ulimit -c 0
      exec $GAPSCOPE analyze -q --threads 1 $DIR/gaps.pcap
      """, in: directory)
    #expect(without.status == 1 && without.output.isEmpty)
    #expect(without.error.hasPrefix("Error: out of memory: "), "\(without.error)")
  }

  @Test("limits that are not reached change no octet")
  func farLimits() throws {
    let usual = try Command.run("analyze", "--json", loss)
    let none = try Command.run(
      "analyze", "--json", "--max-associations", "none", "--max-gaps", "none", loss)
    let far = try Command.run(
      "analyze", "--json", "--max-associations", "1000", "--max-gaps", "100000", loss)
    #expect(usual.status == 0 && usual.output == none.output && usual.output == far.output)
    #expect(!usual.text.contains("approximate"))
  }

  @Test("a table says that it is approximate, and a gate that has not seen all does not pass")
  func gate() throws {
    let table = try Command.run("analyze", "--max-gaps", "3", loss)
    #expect(table.status == 0)
    #expect(table.text.contains("\nApproximate: ") && table.text.contains("--max-gaps"))

    let directory = try TemporaryDirectory()
    try capture(10) { (0x0200_0000_0000_0001 + UInt64($0 % 2), UInt32($0 / 2 + 1)) }
      .write(to: directory.url("two.pcap"))
    let path = directory.file("two.pcap")
    let all = try Command.run("analyze", "--fail-if", "lost>0", path)
    #expect(all.status == 0)
    let part = try Command.run(
      "analyze", "--max-associations", "1", "--fail-if", "lost>0", path)
    #expect(part.status == 1)
    #expect(part.error.contains("raise --max-associations"))
  }

  @Test("a gate judged counts that --max-gaps had made approximate, and did not say so")
  func gateOfGaps() throws {
    let late = try Command.run(
      "analyze", "-q", "--max-gaps", "3", "--fail-if", "reordered>99999", loss)
    #expect(late.status == 1)
    #expect(late.error.contains("raise --max-gaps"))
    let exact = try Command.run("analyze", "-q", "--fail-if", "reordered>99999", loss)
    #expect(exact.status == 0)
    // It may have lost less, not more.
    let most = try Command.run("analyze", "-q", "--max-gaps", "3", "--fail-if", "lost>99999", loss)
    #expect(most.status == 0)
    let exceeded = try Command.run("analyze", "-q", "--max-gaps", "3", "--fail-if", "lost>0", loss)
    #expect(exceeded.status == 3)
    #expect(exceeded.error.contains("still count as lost"))
    // Of the other association nothing was given up.
    let whole = try Command.run(
      "analyze", "-q", "--max-gaps", "3", "--fail-if", "reordered>99999", "--sci",
      "020000000b010001", loss)
    #expect(whole.status == 0, "\(whole.error)")
  }

  @Test("the notes that say so are stored")
  func database() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.run(
      "analyze", "-q", "--database", directory.file("r.db"), "--max-gaps", "3", loss)
    #expect(result.status == 0)
    let stored = try Data(contentsOf: directory.url("r.db"))
    #expect(stored.range(of: Data("were forgotten (--max-gaps)".utf8)) != nil)
  }

  @Test("values that are none are refused, and so are limits of transcript and merge")
  func usage() throws {
    for value in ["0", "-1", "x", "1.5"] {
      let result = try Command.run("analyze", "--max-gaps=\(value)", loss)
      #expect(result.status == 64, "\(value)")
    }
    for option in ["--max-associations", "--max-gaps", "--idle-timeout"] {
      for command in [["transcript", loss, "-o", "-"], ["merge", loss]] {
        let result = try Command.run(command + [option, "5"])
        #expect(result.status == 64, "\(command) \(option)")
        #expect(result.error.contains("are for analyze"), "\(command) \(option)")
      }
    }
  }
}

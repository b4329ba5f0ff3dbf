import CaptureTestSupport
import Foundation
import Testing

private let rekey = Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path

@Suite("analyze --pace")
struct ReplayCommandTests {
  @Test("the report is that of an analysis without a pace")
  func sameReport() throws {
    let replayed = try Command.run("analyze", "--json", "--pps", "100000000", rekey)
    #expect(replayed.status == 0)
    #expect(replayed.error.hasPrefix("Replayed "))
    #expect(try Command.run("analyze", "--json", rekey).output == replayed.output)
    // A capture of some seconds, in a few milliseconds.
    let faster = try Command.run("analyze", "--json", "-q", "--speed", "100000", rekey)
    #expect(faster.output == replayed.output)
    #expect(faster.error == "")
  }

  @Test("--loop takes a number or none, and each loop is an epoch")
  func loops() throws {
    let twice = try Command.run("analyze", "--csv", "--pps", "100000000", "--loop", "2", rekey)
    let once = try Command.run("analyze", "--csv", rekey)
    #expect(twice.status == 0)
    #expect(twice.error.contains("read 2 times"))
    let rows = { (text: String) in text.split(separator: "\n").count - 1 }
    #expect(rows(twice.text) == 2 * rows(once.text))
  }

  @Test(
    "options that do not fit are refused",
    arguments: [
      ["--pace", "fixed"], ["--pace", "original", "--pps", "5"],
      ["--pace", "fixed", "--speed", "2", "--pps", "5"], ["--pps", "5", "--speed", "2"],
      ["--pps", "0"], ["--speed", "0"], ["--speed", "nan"], ["--loop", "3"],
      ["--pps", "5", "--loop=0"], ["--pps", "5", "--loop=often"], ["--pace", "slow"],
    ])
  func refusals(options: [String]) throws {
    let result = try Command.run(["analyze"] + options + [rekey])
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("--"))
  }

  @Test("standard input is read once")
  func standardInput() throws {
    let result = try Command.run("analyze", "--pps", "5", "--loop", "-")
    #expect(result.status == 64)
    #expect(result.error.contains("twice"))
  }
}

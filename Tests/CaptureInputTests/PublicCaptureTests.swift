import CaptureInput
import Foundation
import PacketAnalysis
import Testing

@Suite(
  "Reading the captures of others",
  .enabled(if: SharedCaptures.arePresent, "no captures: skipped"))
struct PublicCaptureTests {
  @Test(
    "counts as many packets as capinfos", arguments: SharedCaptures.capinfosPackets.keys.sorted())
  func countsPackets(name: String) throws {
    let expected = try #require(SharedCaptures.capinfosPackets[name])
    let reading = try? FileReading(path: SharedCaptures.path(name))
    if expected != reading?.frames.count {
      print(
        "VERDICT", name, expected ?? -1, "|", reading?.frames.count ?? -1,
        reading?.damage?.reason ?? "", reading?.damage?.offset ?? 0,
        reading?.failure?.description ?? "")
    }
  }
}

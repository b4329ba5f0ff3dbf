import CaptureTestSupport
import PacketAnalysis
import Testing

@testable import CaptureInput

@Suite("Choosing between a mapping and a buffer")
struct MeasuredSourceTests {
  @Test("the octets are those of the file, whichever source they come from", arguments: 0..<8)
  func givesTheFile(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var random = SplitMix64(seed: seed)
    let octets = (0..<1_000_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    let file = try InputFile(path: folder.write(octets, to: "a"))
    let source = MeasuredSource(file, try #require(MappedFile(file)), stretchOctets: 100_000)
    var given: [UInt8] = []
    while given.count < octets.count {
      let wanted = Int.random(in: 1...70_000, using: &random)
      source.prepare(octets: wanted)
      let window = source.window.prefix(wanted)
      #expect(window.count == min(wanted, octets.count - given.count))
      given += window
      source.consume(window.count)
    }
    #expect(given == octets)
    #expect(source.choice == .mapped || source.choice == .read)
    #expect(source.storedOctetsRead == UInt64(octets.count))
    source.prepare(octets: 1)
    #expect(source.window.isEmpty && source.isAtEnd && source.failure == nil)
  }

  @Test("a small file is mapped")
  func mapsSmallFiles() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(longPcap(), to: "a")
    #expect(try InputFile(path: path).source(.automatic, path: path) is MappedFile)
  }
}

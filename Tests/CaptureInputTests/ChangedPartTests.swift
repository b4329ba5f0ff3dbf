import CaptureTestSupport
import Testing

@testable import CaptureInput
@testable import PacketAnalysis

@Suite("A part of a file whose frames are observed again")
struct ChangedPartTests {
  @Test("was read without end where, as it had changed, a record reached beyond it")
  func recordBeyondPart() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    writer.pcapHeader()
    let header = writer.octets.count
    for second: UInt32 in 0..<3 {
      writer.pcapRecord(
        seconds: second, fraction: 0, first: 60, second: 60,
        payload: CaptureWriter.payload(1, length: 60))
    }
    let path = try folder.write(writer.octets, to: "changed.pcap")
    let record = (writer.octets.count - header) / 3
    var reader = CaptureReader()
    var batch = FrameBatch()
    writer.octets.withUnsafeBytes { octets in
      _ = reader.read(
        UnsafeRawBufferPointer(rebasing: octets.prefix(header)), atEnd: false, limit: nil,
        into: &batch)
    }
    let begin = try #require(reader.part(at: UInt64(header)))
    let source = try #require(InputFile(path: path).mappedSource(from: UInt64(header)))
    // Here the part ended, when its thread analyzed it.
    let end = UInt64(header + record + 20)
    let reached = try CaptureFile(path: path).observe(
      RepeatedChannels(channels: []), begin, to: end, source,
      PacketAnalyzer(options: AnalysisOptions()), 0,
      [InterfaceContext(linkType: .ethernet, point: 0)])
    #expect(reached == UInt64(header + record))
  }
}

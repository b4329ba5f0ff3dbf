import Foundation
import ReportFormats
import Testing

@Suite("Where reports are written to")
struct ReportSinkTests {
  @Test("a file holds what a sink in memory holds")
  func file() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("report-sink-\(UUID().uuidString).json")
    #expect(FileManager.default.createFile(atPath: url.path, contents: nil))
    defer { try? FileManager.default.removeItem(at: url) }
    let handle = try FileHandle(forWritingTo: url)
    var sink = FileDescriptorSink(fileDescriptor: handle.fileDescriptor)
    try JSONReport.write(SampleReport.busy, to: &sink)
    try handle.close()

    var collected = CollectingSink()
    try JSONReport.write(SampleReport.busy, to: &collected)
    #expect(try [UInt8](Data(contentsOf: url)) == collected.octets)
    #expect(collected.octets.count > 65_536)
  }

  @Test("a closed file is an error with its reason")
  func closed() {
    var sink = FileDescriptorSink(fileDescriptor: -1)
    #expect(throws: OutputError(errorNumber: EBADF)) {
      try JSONReport.write(SampleReport.full, to: &sink)
    }
    #expect(!OutputError(errorNumber: EBADF).isClosedPipe)
    #expect(OutputError(errorNumber: EPIPE).isClosedPipe)
    #expect(
      OutputError(errorNumber: EBADF).description == "cannot write the output: Bad file descriptor")
  }
}

import Foundation
import Testing

@Suite("docs/adding-a-protocol.md")
struct AddingAProtocolTests {
  @Test("shows the Swift that is in the sources")
  func snippets() throws {
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { package.deleteLastPathComponent() }
    func text(_ path: String) throws -> String {
      try String(contentsOf: package.appending(path: path), encoding: .utf8)
    }
    let sources = try [
      "Sources/PacketAnalysis/Wire/VXLAN.swift",
      "Sources/PacketAnalysis/Detection/ProtocolTable.swift",
      "Tests/PacketAnalysisTests/Wire/CarrierTests.swift",
    ].map(text)
    let parts = try text("docs/adding-a-protocol.md").components(separatedBy: "```swift\n")
      .dropFirst()
    #expect(parts.count == 4)
    for part in parts {
      let snippet = part.components(separatedBy: "```").first ?? ""
      #expect(sources.contains { $0.contains(snippet) }, "\(snippet)")
    }
  }
}

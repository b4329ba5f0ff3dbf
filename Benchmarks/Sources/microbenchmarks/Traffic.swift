import PacketAnalysis
import TrafficGenerator

/// A capture in memory: MACsec with its SCI in every frame, 64 octets each.
struct Traffic {
  var name: String
  var octets: [UInt8]

  static let names = ["in order", "lossy", "reordered", "duplicated", "hostile"]

  init(_ name: String, packets: Int, flows: Int) throws {
    self.name = name
    var options = GeneratorOptions()
    options.packets = packets
    options.flows = flows
    options.sizes = try FrameSizes(parsing: "64")
    options.vlanShare = 0
    options.qinqShare = 0
    options.withoutSCIShare = 0
    options.shortFrameShare = 0
    options.integrityOnlyShare = 0
    options.scenarios = try Scenario.parse([Self.scenario(name)])
    var sink = MemorySink()
    _ = try TrafficGenerator(options: options).run(into: &sink, name: name)
    octets = sink.octets
    if name == "hostile" { forge() }
  }

  private static func scenario(_ name: String) -> String {
    switch name {
    case "lossy": "loss:rate=0.05"
    case "reordered": "reorder:rate=0.05,distance=1-20"
    case "duplicated": "duplicate:rate=0.05"
    default: "none"
    }
  }

  /// Every fourth number becomes any number, as an attacker without keys could send it.
  private mutating func forge() {
    var number: UInt32 = 1
    var record = Self.fileHeaderLength
    var index = 0
    while record + Self.recordLength <= octets.count {
      if index % 4 == 3 {
        // Numerical Recipes' quick generator.
        number = number &* 1_664_525 &+ 1_013_904_223
        let field = record + Self.recordHeaderLength + Self.numberOffset
        for octet in 0..<4 {
          octets[field + octet] = UInt8(truncatingIfNeeded: number >> (24 - 8 * octet))
        }
      }
      record += Self.recordLength
      index += 1
    }
  }

  private static let fileHeaderLength = 24
  private static let recordHeaderLength = 16
  private static let recordLength = recordHeaderLength + 64
  /// After the MAC addresses, the EtherType, TCI and SL.
  private static let numberOffset = 16
}

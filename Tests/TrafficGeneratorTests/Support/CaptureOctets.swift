import PacketAnalysis

/// A generated capture, read again without any help of the project's readers.
struct CaptureOctets {
  struct Frame {
    /// As captured.
    var octets: [UInt8]
    var originalLength: Int
    var timeNanoseconds: Int64
  }

  var frames: [Frame] = []
  var snapLength = 0

  init(_ octets: [UInt8]) {
    if octets.little32(at: 0) == 0x0A0D_0D0A { readPcapng(octets) } else { readPcap(octets) }
  }

  private mutating func readPcap(_ octets: [UInt8]) {
    let unit: Int64 = octets.little32(at: 0) == 0xA1B2_3C4D ? 1 : 1_000
    snapLength = octets.little32(at: 16)
    var offset = 24
    while offset < octets.count {
      let captured = octets.little32(at: offset + 8)
      let seconds = Int64(octets.little32(at: offset))
      let rest = Int64(octets.little32(at: offset + 4)) * unit
      frames.append(
        Frame(
          octets: Array(octets[(offset + 16)..<(offset + 16 + captured)]),
          originalLength: octets.little32(at: offset + 12),
          timeNanoseconds: seconds * 1_000_000_000 + rest))
      offset += 16 + captured
    }
  }

  private mutating func readPcapng(_ octets: [UInt8]) {
    var offset = 0
    while offset < octets.count {
      let length = octets.little32(at: offset + 4)
      switch octets.little32(at: offset) {
      case 1: snapLength = octets.little32(at: offset + 12)
      case 6:
        let captured = octets.little32(at: offset + 20)
        let high = Int64(octets.little32(at: offset + 12))
        frames.append(
          Frame(
            octets: Array(octets[(offset + 28)..<(offset + 28 + captured)]),
            originalLength: octets.little32(at: offset + 24),
            timeNanoseconds: high << 32 | Int64(octets.little32(at: offset + 16))))
      default: break
      }
      offset += length
    }
  }
}

/// What a test wants to know of a frame.
struct ReadFrame {
  enum Header: Equatable {
    /// `secureData` is what lies between the SecTAG and the ICV if nothing is padding.
    case macsec(tci: UInt8, shortLength: Int, sci: UInt64?, secureData: Int)
    case esp(spi: UInt32, isInUDP: Bool)
    case ah(spi: UInt32)
    case plain(ipProtocol: UInt8)
  }
  var source: UInt64
  var vlans: [Int] = []
  var header: Header
  /// The packet number on the wire; 0 for plain frames.
  var number: UInt32 = 0
  /// Where the IP header begins, and what it carries.
  var network = 0
  var transport = 0
  var isIPv6 = false

  /// The secure channel or association, whatever its AN.
  var channel: String {
    switch header {
    case .macsec: "macsec \(source)"
    case .esp(let spi, _): "esp \(source) \(spi)"
    case .ah(let spi): "ah \(source) \(spi)"
    case .plain: "plain \(source)"
    }
  }

  init?(_ frame: CaptureOctets.Frame) {
    let octets = frame.octets
    source = octets.big64(at: 6) >> 16
    var offset = 12
    while [0x8100, 0x88A8].contains(octets.big16(at: offset)) {
      vlans.append(octets.big16(at: offset + 2))
      offset += 4
    }
    let type = octets.big16(at: offset)
    offset += 2
    if type == 0x88E5 {
      let hasSCI = octets[offset] & 0x20 != 0
      header = .macsec(
        tci: octets[offset], shortLength: Int(octets[offset + 1]),
        sci: hasSCI ? octets.big64(at: offset + 6) : nil,
        secureData: frame.originalLength - offset - (hasSCI ? 14 : 6) - 16)
      number = octets.big32(at: offset + 2)
      return
    }
    network = offset
    switch type {
    case 0x0800: transport = offset + 20
    case 0x86DD: (transport, isIPv6) = (offset + 40, true)
    default: return nil
    }
    let ipProtocol = octets[offset + (isIPv6 ? 6 : 9)]
    let isEncapsulated = ipProtocol == 17 && octets.big16(at: transport + 2) == 4_500
    switch ipProtocol {
    case 50: header = .esp(spi: octets.big32(at: transport), isInUDP: false)
    case 17 where isEncapsulated:
      header = .esp(spi: octets.big32(at: transport + 8), isInUDP: true)
    case 51: header = .ah(spi: octets.big32(at: transport + 4))
    case 6, 17: header = .plain(ipProtocol: ipProtocol)
    default: return nil
    }
    switch header {
    case .esp: number = octets.big32(at: transport + (isEncapsulated ? 12 : 4))
    case .ah: number = octets.big32(at: transport + 8)
    default: break
    }
  }
}

extension [UInt8] {
  func little32(at offset: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(self[offset + $1]) << (8 * $1) }
  }
  func big16(at offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }
  func big32(at offset: Int) -> UInt32 { UInt32(big16(at: offset) << 16 | big16(at: offset + 2)) }
  func big64(at offset: Int) -> UInt64 {
    UInt64(big32(at: offset)) << 32 | UInt64(big32(at: offset + 4))
  }

  /// The sum of RFC 1071 over some octets, folded: 0xFFFF where a checksum among them is right.
  func foldedSum(_ range: Range<Int>, plus rest: Int = 0) -> Int {
    var sum = rest
    for (index, octet) in self[range].enumerated() {
      sum += index % 2 == 0 ? Int(octet) << 8 : Int(octet)
    }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    return sum
  }
}

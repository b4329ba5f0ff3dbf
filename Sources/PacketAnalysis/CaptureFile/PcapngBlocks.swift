/// What the pcapng reader knows of block types (draft-ietf-opsawg-pcapng, section 4).
enum PcapngBlock {
  static let sectionHeader: UInt32 = 0x0A0D_0D0A
  static let interfaceDescription: UInt32 = 1
  /// Obsolete; some old captures have it.
  static let packet: UInt32 = 2
  static let simplePacket: UInt32 = 3
  static let interfaceStatistics: UInt32 = 5
  static let enhancedPacket: UInt32 = 6

  /// Type, length, and the length again.
  static let smallestOctets: UInt32 = 12

  /// The fewest octets of a block of a type that is read; `nil` for types that are skipped.
  static func smallestOctets(ofType type: UInt32) -> UInt32? {
    switch type {
    case sectionHeader: 28
    case interfaceDescription: 20
    case packet, enhancedPacket: 32
    case simplePacket: 16
    case interfaceStatistics: 24
    default: nil
    }
  }

  /// A block that is read must fit in a buffer.
  static let largestOctets: UInt32 = PcapReader.largestRecord + 65_536
}

extension CaptureInterface {
  /// Reads an Interface Description Block of `length` octets (4.2).
  init(descriptionBlock block: RecordOctets, length: Int, indexInSection: Int) {
    self.init(
      linkType: LinkType(rawValue: block.uint16(at: 8)), snapLength: block.uint32(at: 12),
      indexInSection: indexInSection)
    var resolution: UInt8 = 6
    var offsetSeconds: Int64 = 0
    for option in PcapngOptions(of: block, from: 16, to: length - 4) {
      switch (option.code, option.length) {
      case (2, 1...):  // if_name
        let text = block.string(at: option.offset, length: option.length)
        let name = String(text.prefix { $0 != "\0" })  // Some writers end it as C does.
        self.name = name.isEmpty ? nil : name
      case (9, 1): resolution = block.uint8(at: option.offset)  // if_tsresol
      case (13, 1):  // if_fcslen: in bits; some writers mean octets
        let value = block.uint8(at: option.offset)
        fcsLengthOctets = value >= 16 ? value / 8 : value
      case (14, 8):  // if_tsoffset
        offsetSeconds = Int64(bitPattern: block.uint64(at: option.offset))
      default: break
      }
    }
    time = TimestampConversion(resolution: resolution, offsetSeconds: offsetSeconds)
  }
}

/// What an Interface Statistics Block says of drops (4.6).
struct InterfaceStatistics {
  var start: Timestamp?
  var end: Timestamp
  /// By the interface and by the operating system, since the capture began; `nil` where the block
  /// does not say.
  var drops: UInt64?

  init(block: RecordOctets, length: Int, time: TimestampConversion) {
    func ticks(_ offset: Int) -> UInt64 {
      UInt64(block.uint32(at: offset)) << 32 | UInt64(block.uint32(at: offset + 4))
    }
    end = time.timestamp(ticks: ticks(12))
    for option in PcapngOptions(of: block, from: 20, to: length - 4) where option.length == 8 {
      switch option.code {
      case 2: start = time.timestamp(ticks: ticks(option.offset))  // isb_starttime
      case 3: end = time.timestamp(ticks: ticks(option.offset))  // isb_endtime
      case 5, 7:  // isb_ifdrop, isb_osdrop
        drops = (drops ?? 0).addingClamped(block.uint64(at: option.offset))
      default: break
      }
    }
  }
}

/// A block of no interest that did not fit in the chunk.
struct SkippedPcapngBlock {
  var offset: UInt64
  var length: UInt32
  /// Before the trailing length.
  var remaining: UInt32
}

/// What became of the block that was tried.
enum PcapngBlockStep {
  case consumed(Int)
  case needs(Int)
  case later(Timestamp)
  /// A part of a file leaves it to the reader of the parts before.
  case left
}

struct DamagedPcapngBlock: Error {
  var reason: String
}

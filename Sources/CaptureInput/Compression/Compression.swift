/// How a stream is compressed, recognised by its first octets and never by its name.
enum Compression {
  case gzip  // RFC 1952
  case zstandard  // RFC 8878
  case lz4  // LZ4 frame format 1.6

  static let magicOctets = 4

  init?(_ beginning: [UInt8]) {
    switch beginning.prefix(Self.magicOctets) {
    case [0x28, 0xB5, 0x2F, 0xFD]: self = .zstandard
    case [0x04, 0x22, 0x4D, 0x18]: self = .lz4
    default:
      guard beginning.starts(with: [0x1F, 0x8B]) else { return nil }
      self = .gzip
    }
  }

  func decompressor(of stream: any ByteStream) -> any ByteStream {
    switch self {
    case .gzip: DecompressingStream(stream, GzipDecompressor())
    case .zstandard: DecompressingStream(stream, ZstandardDecompressor())
    case .lz4: DecompressingStream(stream, LZ4Decompressor())
    }
  }

  /// The magic number of a skippable frame, with which both Zstandard and LZ4 may begin
  /// (RFC 8878, 3.1.2).
  static func isSkippable(_ beginning: [UInt8]) -> Bool {
    beginning.count >= 4 && beginning[0] & 0xF0 == 0x50 && beginning[1...3] == [0x2A, 0x4D, 0x18]
  }
}

extension ByteStream {
  /// The first octets that belong to no skippable frame.
  func peekBehindSkippableFrames() throws(StreamFailure) -> [UInt8] {
    var beginning = try peek(octets: Compression.magicOctets)
    while Compression.isSkippable(beginning) {
      let field = try peek(octets: 4)
      guard field.count == 4 else { break }
      var length = field.reversed().reduce(0) { $0 << 8 | Int($1) }
      while length > 0 {
        let passed = try peek(octets: min(length, 65_536)).count
        if passed == 0 { break }
        length -= passed
      }
      beginning = try peek(octets: Compression.magicOctets)
    }
    return beginning
  }
}

/// How a stream is compressed, recognised by its first octets and never by its name.
enum Compression {
  static let magicOctets = 4

  init?(_ beginning: [UInt8]) { return nil }

  func decompressor(of stream: any ByteStream) -> any ByteStream { stream }
}

/// Turns compressed octets into what they stand for. What is compressed is a sequence of frames
/// (gzip: members) that stand for one stream.
protocol Decompressor: AnyObject {
  /// For messages.
  var name: String { get }
  /// The octets may end here.
  var isBetweenFrames: Bool { get }
  /// Does what can be done with the octets that are there and the room that is left.
  func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamFailure) -> (consumed: Int, produced: Int)
}

/// What a decompressor makes of another stream.
final class DecompressingStream: ByteStream {
  private let stream: any ByteStream
  private let decompressor: any Decompressor
  private let input: UnsafeMutableRawBufferPointer
  /// What was read and not decompressed lies between the two.
  private var start = 0
  private var end = 0

  private static let inputOctets = 64 << 10

  init(_ stream: any ByteStream, _ decompressor: any Decompressor) {
    self.stream = stream
    self.decompressor = decompressor
    input = .allocate(byteCount: Self.inputOctets, alignment: 16)
  }

  deinit { input.deallocate() }

  var storedOctetsRead: UInt64 { stream.storedOctetsRead }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    while true {
      let (consumed, produced) = try decompressor.decompress(
        UnsafeRawBufferPointer(rebasing: input[start..<end]), into: buffer)
      start += consumed
      if produced > 0 { return produced }
      if consumed > 0 { continue }
      if start < end {
        throw StreamFailure(reason: "the \(decompressor.name) data is damaged: it goes on nowhere")
      }
      (start, end) = (0, try stream.read(into: input))
      guard end == 0 else { continue }
      if decompressor.isBetweenFrames { return 0 }
      throw StreamFailure(reason: "the \(decompressor.name) data ends early")
    }
  }
}

import Glibc

/// Octets that come one after the other: a descriptor, or what a decompressor makes of one.
protocol ByteStream: AnyObject {
  /// Octets of the file as it is stored that were read so far.
  var storedOctetsRead: UInt64 { get }
  /// Puts at least one octet into `buffer` and says how many; 0: the stream is over, or, where it
  /// may grow, at its end for now.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int
  /// Whether another program may still add to it.
  var mayGrow: Bool { get }
}

extension ByteStream {
  var mayGrow: Bool { false }
}

/// Why a stream ended early: a sentence without a full stop.
struct StreamFailure: Error {
  var reason: String
}

/// Reads an input as it is stored.
final class DescriptorStream: ByteStream {
  private let file: InputFile
  private(set) var storedOctetsRead: UInt64 = 0

  init(_ file: InputFile) { self.file = file }

  /// Of a regular file, from an offset on.
  init(_ file: InputFile, from start: UInt64) {
    self.file = file
    storedOctetsRead = start
    lseek(file.descriptor, off_t(start), SEEK_SET)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    while ReadingStop.waitForInput(file) {
      let count = Glibc.read(file.descriptor, buffer.baseAddress, buffer.count)
      if count > 0 {
        storedOctetsRead += UInt64(count)
        return count
      }
      if count == 0 {
        if file.isOurs, let length = file.lengthOctets, storedOctetsRead < length {
          throw StreamFailure(reason: InputFile.wasShortened)
        }
        return 0
      }
      if errno != EINTR { throw StreamFailure(reason: "reading failed: \(systemMessage())") }
    }
    return 0
  }
}

/// A stream of which the first octets were already read.
final class PrefixedStream: ByteStream {
  private var prefix: ArraySlice<UInt8>
  private let rest: any ByteStream

  init(prefix: [UInt8], rest: any ByteStream) {
    self.prefix = prefix[...]
    self.rest = rest
  }

  var storedOctetsRead: UInt64 { rest.storedOctetsRead }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    if prefix.isEmpty { return try rest.read(into: buffer) }
    let count = min(prefix.count, buffer.count)
    buffer.copyBytes(from: prefix.prefix(count))
    prefix = prefix.dropFirst(count)
    return count
  }
}

/// What the operating system says of the call that just failed.
func systemMessage() -> String { String(cString: strerror(errno)) }

import Glibc

/// A file that another program is writing: where its octets end, others may come.
final class FollowedStream: ByteStream {
  private let file: InputFile
  private(set) var storedOctetsRead: UInt64 = 0

  init(_ file: InputFile) { self.file = file }

  var mayGrow: Bool { !file.isComplete }

  /// 0: the stream is over, or nothing has come yet (`mayGrow`).
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    while true {
      let count = Glibc.read(file.descriptor, buffer.baseAddress, buffer.count)
      if count > 0 {
        storedOctetsRead += UInt64(count)
        return count
      }
      if count == 0 {
        // Whoever begins the file anew may have written less than it had, or more: only the first
        // can be seen.
        guard storedOctetsRead <= file.lengthNowOctets ?? .max else {
          throw StreamFailure(reason: InputFile.wasShortened)
        }
        return 0
      }
      if errno != EINTR { throw StreamFailure(reason: "reading failed: \(systemMessage())") }
    }
  }
}

/// A stream through one buffer that is used again and again. It grows where a record needs more.
final class BufferedSource: OctetSource {
  private let stream: any ByteStream
  private var buffer: UnsafeMutableRawBufferPointer
  /// The window lies between the two.
  private var start = 0
  private var end = 0
  private(set) var isAtEnd = false
  private(set) var failure: String?

  /// Stays in the second-level cache of most machines.
  private static let usualOctets = 256 << 10

  init(stream: any ByteStream) {
    self.stream = stream
    buffer = .allocate(byteCount: Self.usualOctets, alignment: 16)
  }

  deinit { buffer.deallocate() }

  var window: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }
  var storedOctetsRead: UInt64 { stream.storedOctetsRead }

  func prepare(octets: Int) {
    guard end - start < octets, !isAtEnd else { return }
    makeRoom(octets)
    while end - start < octets, !isAtEnd {
      do throws(StreamFailure) {
        let count = try stream.read(
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
        end += count
        guard count == 0 else { continue }
        isAtEnd = !stream.mayGrow
        return
      } catch {
        failure = error.reason
        isAtEnd = true
      }
    }
  }

  func consume(_ octets: Int) { start += octets }

  /// Moves the window to the front of a buffer that can hold `octets`.
  private func makeRoom(_ octets: Int) {
    let window = self.window
    if octets > buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(octets, 2 * buffer.count), alignment: 16)
      larger.copyMemory(from: window)
      buffer.deallocate()
      buffer = larger
    } else if start > 0 {
      // The two may overlap, which this copy allows.
      buffer.copyMemory(from: window)
    }
    (start, end) = (0, window.count)
  }
}

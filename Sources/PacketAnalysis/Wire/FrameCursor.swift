/// How far the decoding of one frame has come: the octets that the next header may use.
///
/// `end` is where they end on the wire, by the frame's length and the length fields read so far; of
/// a snapped frame it can lie behind the last captured octet. `start` never passes either, so no
/// move below can leave the frame.
struct FrameCursor: ~Escapable {
  private let octets: RawSpan
  private(set) var start: Int
  private(set) var end: Int
  /// Fewer octets were captured than the frame had on the wire.
  let isSnapped: Bool
  /// Every octet up to `end` was captured. Not so for a snapped frame and inside a first fragment.
  private(set) var isWhole: Bool

  @_lifetime(copy octets)
  init(_ octets: RawSpan, originalLength: UInt32, fcsLengthOctets: Int) {
    let wireLength = max(Int(originalLength), octets.byteCount)
    self.octets = octets
    start = 0
    end = wireLength - min(max(fcsLengthOctets, 0), wireLength)
    isSnapped = octets.byteCount < wireLength
    isWhole = !isSnapped
  }

  /// At least `start`: both bounds only ever move as far as that.
  private var capturedEnd: Int { min(end, octets.byteCount) }

  /// The octets that were captured of what is left.
  var rest: RawSpan {
    @_lifetime(copy self)
    get { octets.extracting(start..<capturedEnd) }
  }

  /// Octets left on the wire.
  var lengthOctets: Int { end - start }

  /// Steps over the `count` octets of a header that its view has checked.
  mutating func skip(_ count: Int) {
    start = min(start + count, capturedEnd)
  }

  /// A length field says that only `count` octets follow. One that says more than there is is
  /// not believed: what is in reach is decoded.
  mutating func limit(to count: Int) {
    end = min(end, start + max(count, 0))
  }

  /// What follows is the first fragment of something longer.
  mutating func enterFragment() { isWhole = false }
}

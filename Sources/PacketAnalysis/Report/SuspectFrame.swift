/// A frame whose number fits nothing before or after it.
public struct SuspectFrame: Sendable, Equatable {
  public var association: UInt64
  /// As on the wire: 32 bits.
  public var number: UInt32
  public var frame: FrameReference
  public init(association: UInt64, number: UInt32, frame: FrameReference) {
    (self.association, self.number, self.frame) = (association, number, frame)
  }
}

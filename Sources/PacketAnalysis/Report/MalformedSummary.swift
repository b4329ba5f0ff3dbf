/// Frames that could not be read, by layer and reason.
public struct MalformedSummary: Sendable, Equatable {
  public var layer: String
  public var reason: String
  public var count: UInt64
  public var firstFrame: FrameReference
  public init(layer: String, reason: String, count: UInt64, firstFrame: FrameReference) {
    (self.layer, self.reason, self.count) = (layer, reason, count)
    self.firstFrame = firstFrame
  }
}

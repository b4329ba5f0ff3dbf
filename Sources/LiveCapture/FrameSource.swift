import PacketAnalysis

/// How frames come from an interface.
public enum FrameSourceKind: String, Sendable, CaseIterable {
  /// A ring of a packet socket, which has copies of what passes.
  case ring
  /// AF_XDP, which takes the frames before the machine has them: it never does.
  case xdp
  /// libpcap, which copies; also used where there is no ring to be had.
  case libpcap
}

/// Where the frames of a ring come from.
protocol FrameSource: AnyObject {
  /// By which the kernel knows the interface whose frames come; `nil` where that was removed. Another
  /// may have its number then.
  var interfaceIndex: Int32? { get }
  /// Takes the frames of another interface from here on, without any permission. Returns no where that
  /// takes a new source.
  func turn(to interface: Int32) -> Bool
  /// Readable where frames wait.
  var sockets: [Int32] { get }
  /// Whether the interface was down since the last call.
  var wasDown: Bool { get }

  /// Uses the next frames that are there; returns how many were analyzed, `nil` where none are there.
  ///
  /// - Parameters:
  ///   - reader: counts and numbers them.
  ///   - grant: of so many frames, how many may be analyzed.
  func analyzeNext(
    _ use: FrameUse, _ reader: inout RingBlockReader, grant: (Int) -> Int
  ) -> Int?

  /// Since the last call: frames that passed the filter, and those of them that found no room.
  func statistics() -> (received: UInt64, dropped: UInt64)
  /// How many frames are known to wait; `nil`: those that were received and not taken.
  var waiting: UInt64? { get }
  /// From here on no frame comes in; those that did are still to be had.
  func refuseFrames()
  /// Another filter from the next frame on.
  func replaceFilter(by filter: KernelFilter, of name: String) throws(LiveCaptureError)
}

extension FrameSource {
  func turn(to interface: Int32) -> Bool { false }
  var waiting: UInt64? { nil }
}

/// What becomes of frames.
struct FrameUse {
  let analyzer: PacketAnalyzer
  let file: Int
  let interfaces: [InterfaceContext]
  let recorder: FrameRecorder?
}

import Glibc
import PacketAnalysis

/// The rings that one thread empties: one of each interface, in turn, so that none waits for a busier
/// one.
final class RingReader {
  private let rings: [InterfaceRing]
  private var turn = 0
  var recorder: FrameRecorder?

  init(_ rings: [InterfaceRing]) { self.rings = rings }

  /// Analyzes the next block of a ring; returns how many frames that were, `nil` where there is no
  /// block.
  ///
  /// - Parameter grant: of so many frames, how many may be analyzed.
  func analyzeNext(_ analyzer: PacketAnalyzer, grant: (Int) -> Int) -> Int? {
    for _ in rings {
      let file = turn
      turn = (turn + 1) % rings.count
      lookAtDrops(ofInterface: file)
      let count = rings[file].analyzeNext(
        analyzer, file: file, recorder: recorder, grant: grant)
      if let count { return count }
    }
    return nil
  }

  func lookAtDrops() { for index in rings.indices { lookAtDrops(ofInterface: index) } }

  private func lookAtDrops(ofInterface index: Int) {
    guard let (drops, times) = rings[index].lookAtDrops() else { return }
    recorder?.note(MissingFrames(interface: index, times: times, frames: drops))
  }

  func refuseFrames() { for ring in rings { ring.refuseFrames() } }

  var captured: UInt64 { rings.reduce(0) { $0 + $1.captured } }

  var sockets: [Int32] { rings.flatMap(\.sockets) }

  /// An interface that goes down says so at once.
  func takeErrors() { for ring in rings { ring.takeError() } }

  enum Wake { case nothing, frames, error }

  /// Until a ring has a block, or an interface has something to tell.
  static func wait(for sockets: [Int32], milliseconds: Int32) -> Wake {
    var requests = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    guard poll(&requests, nfds_t(requests.count), milliseconds) > 0 else { return .nothing }
    return requests.contains { $0.revents & Int16(POLLERR) != 0 } ? .error : .frames
  }
}

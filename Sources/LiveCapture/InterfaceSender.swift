internal import CPacketRing
import Glibc
public import PacketAnalysis

/// Sends the frames of captures on an interface.
///
/// What a capture does not hold of a frame is sent as zeros, so that each has its length; a frame check
/// sequence is left to the interface.
public final class InterfaceSender {
  public let name: String
  private let linkType: LinkType
  private let index: Int32
  private let socket: Int32
  /// Memory that is allocated once.
  private let frames: UnsafeMutableBufferPointer<gapscope_frame>

  public private(set) var sent: UInt64 = 0
  public private(set) var failed: UInt64 = 0
  /// Why the last of them failed.
  public private(set) var lastFailure: String?

  /// So many are handed to the kernel together.
  private static let batchSize = 64
  /// So long a queue of the interface that is full is waited for.
  private static let patience = Duration.milliseconds(200)

  public init(_ name: String) throws(LiveCaptureError) {
    let (interface, index) = try InterfaceQuery().interface(named: name)
    guard let linkType = interface.linkType else {
      throw LiveCaptureError(name, .unknownLinkType(hardwareType: interface.hardwareType))
    }
    if interface.state == .down { throw LiveCaptureError(name, .isDown) }
    let socket = gapscope_packet_socket()
    guard socket >= 0 else { throw LiveCaptureError(name, operation: "open a packet socket") }
    (self.name, self.linkType, self.index, self.socket) = (name, linkType, index, socket)
    frames = .allocate(capacity: Self.batchSize)
  }

  deinit {
    frames.deallocate()
    close(socket)
  }

  /// Sends frames of a batch in their order.
  public func send(
    _ batch: borrowing FrameBatch, frames range: Range<Int>, interfaces: [InterfaceContext]
  ) {
    var count = 0
    for position in range {
      let frame = batch[position]
      let interface = interfaces[Int(frame.interface)]
      // An interface with another kind of header would make another frame of it.
      guard interface.linkType == linkType else {
        failed += 1
        lastFailure =
          "frames of link type \(interface.linkType.rawValue), and its own is \(linkType.rawValue)"
        continue
      }
      let length = Int(frame.originalLength) - interface.fcsLengthOctets
      let captured = min(Int(frame.capturedLength), max(length, 0))
      frames[count] = gapscope_frame(
        octets: frame.octets, length: UInt32(captured),
        padding: UInt32(clamping: max(length, 0) - captured))
      count += 1
      if count == Self.batchSize {
        send(count)
        count = 0
      }
    }
    send(count)
  }

  private func send(_ count: Int) {
    var done = 0
    var giveUp: ContinuousClock.Instant?
    while done < count {
      let result = gapscope_frames_send(
        socket, index, frames.baseAddress.map { $0 + done }, UInt32(count - done))
      if result > 0 {
        done += Int(result)
        sent += UInt64(result)
        giveUp = nil
        continue
      }
      let number = errno
      if number == EINTR { continue }
      if number == ENOBUFS || number == EAGAIN {
        let limit = giveUp ?? .now + Self.patience
        giveUp = limit
        if .now < limit {
          usleep(100)
          continue
        }
      }
      // The others may still go.
      done += 1
      failed += 1
      giveUp = nil
      // Constant text of the C library.
      lastFailure = unsafe strerror(number).map { unsafe String(cString: $0) }
    }
  }
}

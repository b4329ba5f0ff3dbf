/// Reads the headers of one frame from the outside in, up to the innermost that can be read without
/// keys. Which header follows which is in `ProtocolTable.swift`; how each is read, in `Wire/`.
public struct FrameDecoder: Sendable {
  let options: DecodingOptions

  public init(options: DecodingOptions) { self.options = options }

  /// - Parameters:
  ///   - octets: what was captured of the frame.
  ///   - originalLength: octets that the frame had on the wire.
  ///   - fcsLengthOctets: octets of frame check sequence that the capture has at its end.
  public func decode(
    _ octets: RawSpan, originalLength: UInt32, fcsLengthOctets: Int, linkType: LinkType,
    into frame: inout DecodedFrame
  ) {
    frame.reset()
    var cursor = FrameCursor(
      octets, originalLength: originalLength, fcsLengthOctets: fcsLengthOctets)
    do throws(DecodeError) {
      try walk(from: .link(linkType), &cursor, into: &frame)
    } catch {
      frame.fail(error, isSnapped: cursor.isSnapped)
    }
  }

  /// Headers of all kinds that one frame is followed through. Real stacks have fewer than ten;
  /// without a limit a made-up one could keep the decoder busy for all its octets.
  static let headerLimit = 32

  private func walk(
    from first: NextHeader, _ cursor: inout FrameCursor, into frame: inout DecodedFrame
  ) throws(DecodeError) {
    var next = first
    for _ in 0..<Self.headerLimit {
      guard next != .end, frame.headerCount < DecodedFrame.headerCapacity else { return }
      next = try decode(next, &cursor, into: &frame)
    }
    guard next == .end else { throw DecodeError(.tooManyHeaders, in: .frame) }
  }
}

/// What the decoder of a header says about the next one: the number by which it is found.
enum NextHeader: Equatable {
  case link(LinkType)
  case etherType(UInt16)
  case ipProtocol(UInt8)
  /// The content of UDP.
  case udpPorts(source: UInt16, destination: UInt16)
  case pppProtocol(UInt16)
  /// Nothing that is read further.
  case end
}

public struct DecodingOptions: Sendable, Equatable {
  /// EtherTypes that carry a SecTAG besides 0x88E5.
  public var macsecEtherTypes: [UInt16] = []
  /// UDP ports that carry ESP besides 4500.
  public var espPorts: [UInt16] = []

  public init() {}
  public init(_ options: AnalysisOptions) {
    (macsecEtherTypes, espPorts) = (options.macsecEtherTypes, options.espPorts)
  }
}

/// One frame as a capture's reader found it. The octets stay where they were read.
///
/// The pointer is valid until the reader is given its next chunk of octets; nothing keeps it longer
/// than the batch it came in.
public struct CapturedFrame {
  /// The first captured octet.
  public var octets: UnsafeRawPointer
  /// Octets that the capture holds of the frame.
  public var capturedLength: UInt32
  /// Octets that the frame had on the wire.
  public var originalLength: UInt32
  /// `Timestamp.absent` where the capture has no time.
  public var time: Timestamp
  /// Counts from 1 within its file.
  public var number: UInt64
  /// Index into the interfaces of the run (`CaptureInterface`).
  public var interface: UInt32

  public init(
    octets: UnsafeRawPointer, capturedLength: UInt32, originalLength: UInt32, time: Timestamp,
    number: UInt64, interface: UInt32
  ) {
    unsafe self.octets = unsafe octets
    self.capturedLength = capturedLength
    self.originalLength = originalLength
    self.time = time
    self.number = number
    self.interface = interface
  }
}

extension CapturedFrame {
  /// The captured octets; valid as long as the reader leaves them where they are.
  var span: RawSpan {
    @inline(__always)
    @_lifetime(borrow self)
    get {
      // The reader vouches for pointer and length until its next chunk.
      let span = RawSpan(_unsafeStart: octets, byteCount: Int(capturedLength))
      return _overrideLifetime(span, borrowing: self)
    }
  }
}

/// The link-layer header type of an interface (draft-ietf-opsawg-pcaplinktype).
public struct LinkType: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// BSD loopback: a 4-octet address family in the byte order of the capturing machine.
  public static let null = LinkType(rawValue: 0)
  public static let ethernet = LinkType(rawValue: 1)
  /// Raw IP, as some systems number it (DLT_RAW).
  public static let dltRaw = LinkType(rawValue: 12)
  public static let dltRawOpenBSD = LinkType(rawValue: 14)
  /// Raw IPv4 or IPv6, told apart by the version.
  public static let raw = LinkType(rawValue: 101)
  /// OpenBSD loopback: the address family in network order.
  public static let loop = LinkType(rawValue: 108)
  public static let linuxSLL = LinkType(rawValue: 113)
  public static let ipv4 = LinkType(rawValue: 228)
  public static let ipv6 = LinkType(rawValue: 229)
  public static let linuxSLL2 = LinkType(rawValue: 276)
}

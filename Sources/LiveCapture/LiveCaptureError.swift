import Glibc

/// Why an interface cannot be captured on, in words for the one who named it.
public struct LiveCaptureError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    /// CAP_NET_RAW is missing.
    case notPermitted
    /// Of what AF_XDP takes something is missing.
    case notPermittedXDP
    case noSuchInterface
    case isDown
    /// Frames of this kind (`ARPHRD_...`) cannot be read.
    case unknownLinkType(hardwareType: UInt16)
    /// What libpcap says of the filter.
    case badFilter(String)
    /// More than the kernel takes.
    case longFilter(instructions: Int, limit: Int)
    case namedTwice
    /// AF_XDP takes frames of so many octets at most.
    case tooLongForXDP(mtuOctets: UInt32, limit: UInt32)
    case noSuchUser
    /// An operation that the operating system refused, and its words.
    case system(operation: String, message: String)
  }

  /// The interface; for `badFilter` and `longFilter` the expression, for `noSuchUser` the user.
  public var subject: String
  public var reason: Reason

  public init(_ subject: String, _ reason: Reason) {
    (self.subject, self.reason) = (subject, reason)
  }

  /// From `errno`, which whoever calls has not touched.
  init(_ subject: String, operation: String) {
    let number = errno
    self.subject = subject
    switch number {
    case EPERM, EACCES: reason = .notPermitted
    case ENODEV, ENXIO: reason = .noSuchInterface
    default:
      // Constant text of the C library.
      let message = unsafe strerror(number).map { unsafe String(cString: $0) }
      reason = .system(operation: operation, message: message ?? "error \(number)")
    }
  }

  /// What is wrong and what to do about it.
  public var description: String {
    switch reason {
    case .notPermitted:
      "\(subject): this takes the capability CAP_NET_RAW; run it with sudo, or give it to the "
        + "command once: \(Self.grant)"
    case .notPermittedXDP:
      "\(subject): --source xdp takes the capabilities CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF; run it "
        + "with sudo"
    case .noSuchInterface where subject == "any":
      "any: is no interface here; name each with -i, as 'gapscope interfaces' lists them"
    case .noSuchInterface:
      "\(subject): there is no such interface; 'gapscope interfaces' lists them"
    case .isDown: "\(subject): is down; bring it up: sudo ip link set \(subject) up"
    case .unknownLinkType(let type):
      "\(subject): frames of its kind (hardware type \(type)) cannot be read; Ethernet, loopback "
        + "and interfaces that carry bare IP can"
    case .badFilter(let message): "the filter '\(subject)' is not understood: \(message)"
    case .longFilter(let count, let limit):
      "the filter is too long for the kernel: \(count) instructions, of which it takes \(limit); "
        + "shorten it, as with 'net' in the place of many hosts"
    case .tooLongForXDP(let mtu, let limit):
      "\(subject): its frames have up to \(mtu) octets (MTU), and --source xdp takes \(limit); "
        + "lower it: sudo ip link set \(subject) mtu \(limit)"
    case .namedTwice: "\(subject): is named twice"
    case .noSuchUser: "\(subject): there is no such user"
    case .system(let operation, let message): "\(subject): cannot \(operation): \(message)"
    }
  }

  /// The command that gives this program what it needs.
  static let grant = "sudo setcap cap_net_raw+ep \"$(command -v gapscope)\""
}

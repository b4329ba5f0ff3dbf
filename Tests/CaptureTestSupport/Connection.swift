public import Foundation
import Glibc

/// A TCP connection to a server on this machine, over which anything can be sent, also what no client
/// would send.
public final class Connection {
  private let descriptor: Int32

  /// - Parameter source: the address of this machine from which to ask.
  public init(port: Int, from source: String = "127.0.0.1") throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(action: "socket") }
    guard Self.withAddress(source, port: 0, { bind(descriptor, $0, $1) }) == 0 else {
      throw Failure(action: "bind")
    }
    guard Self.withAddress("127.0.0.1", port: port, { connect(descriptor, $0, $1) }) == 0 else {
      throw Failure(action: "connect")
    }
  }

  deinit { close(descriptor) }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String

    init(action: String) { description = "\(action): \(String(cString: strerror(errno)))" }
  }

  private static func withAddress<Result>(
    _ host: String, port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = inet_addr(host)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  /// - Returns: false where the other end is gone, or takes nothing for so long.
  @discardableResult
  public func send(_ octets: some Sequence<UInt8>, seconds: Int = 60) -> Bool {
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var rest = Array(octets)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  public func send(_ text: String) -> Bool { send(text.utf8) }

  /// No more is sent; the answer can still be received.
  public func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// From now on nothing that comes is received, nor acknowledged: as if this machine were gone.
  public func fallSilent() throws {
    // A filter of one instruction, BPF_RET with 0: no octet of any packet.
    let instruction: UInt64 = 0x06
    let result = withUnsafePointer(to: instruction) { pointer in
      var program = (count: UInt16(1), instructions: pointer)
      return setsockopt(
        descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program,
        socklen_t(MemoryLayout.size(ofValue: program)))
    }
    guard result == 0 else { throw Failure(action: "SO_ATTACH_FILTER") }
  }

  /// Whether the server's end is there, whatever this end knows: a line of `/proc/net/tcp` with both
  /// ports, in hexadecimal.
  public func isHeldByServer(port: Int) throws -> Bool {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { throw Failure(action: "getsockname") }
    let ports = [port, Int(in_port_t(bigEndian: address.sin_port))]
    let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
    return table.split(separator: "\n").contains { line in
      let fields: [Substring] = line.split(separator: " ")
      // 01: established.
      guard fields.count > 3, fields[3] == "01" else { return false }
      let found: [Int?] = fields[1...2].map { Int($0.suffix(4), radix: 16) }
      return found == ports
    }
  }

  /// What comes until `isEnough`, or the other end closes.
  ///
  /// - Returns: what came, and whether the other end closed.
  public func receive(
    seconds: Int = 120, until isEnough: (Data) -> Bool = { _ in false }
  ) -> (data: Data, isClosed: Bool) {
    let end = Date(timeIntervalSinceNow: TimeInterval(seconds))
    var (data, octets) = (Data(), [UInt8](repeating: 0, count: 1 << 16))
    while !isEnough(data) {
      let rest = end.timeIntervalSinceNow
      guard rest > 0 else { return (data, false) }
      var limit = timeval(tv_sec: Int(rest), tv_usec: 100_000)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      let count = recv(descriptor, &octets, octets.count, 0)
      if count > 0 {
        data += octets[..<count]
      } else if count == 0 || ![EAGAIN, EINTR].contains(errno) {
        return (data, true)
      }
    }
    return (data, false)
  }

  /// The next answer, whose length its header has to say.
  public func answer(seconds: Int = 120) -> Answer? {
    let (data, isClosed) = receive(seconds: seconds) { Answer($0) != nil }
    return Answer(data, isClosed: isClosed)
  }

  /// An answer as it came.
  public struct Answer {
    public var status: Int
    /// Names in small letters.
    public var headers: [String: String] = [:]
    public var body: Data

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// `nil` where it is not whole. Without a length it is once the connection is closed.
    public init?(_ data: Data, isClosed: Bool = false) {
      guard let end = data.firstRange(of: Data("\r\n\r\n".utf8)) else { return nil }
      let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
      guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
      else { return nil }
      self.status = status
      for line in lines.dropFirst() {
        let halves = line.split(separator: ":", maxSplits: 1)
        headers[halves[0].lowercased()] = halves.count == 2 ? String(halves[1].dropFirst()) : ""
      }
      let length = headers["content-length"].flatMap { Int($0) }
      body = data[end.upperBound...].prefix(length ?? .max)
      guard length == body.count || length == nil && isClosed else { return nil }
    }

    public func json() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:]
    }
  }

  /// One question over a connection of its own; in HTTP/1.0, so that no answer comes in chunks.
  public static func get(
    _ path: String, port: Int, from source: String = "127.0.0.1", seconds: Int = 120
  ) throws -> Answer? {
    let connection = try Connection(port: port, from: source)
    connection.send("GET \(path) HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    return connection.answer(seconds: seconds)
  }
}

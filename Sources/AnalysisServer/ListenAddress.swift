/// Where to serve: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `0.0.0.0:443`.
public struct ListenAddress: Sendable, Equatable {
  public let host: String
  /// 0: one that is free.
  public let port: Int

  public static let standard = "127.0.0.1:8080"

  public init?(parsing text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(where: { ":[]/".contains($0) }) {
      return nil
    }
    guard !host.isEmpty else { return nil }
    (self.host, self.port) = (String(host), Int(port))
  }

  /// Of this machine alone.
  public var isLocal: Bool { ["127.0.0.1", "localhost", "::1"].contains(host) }

  var text: String { "\(bracketedHost):\(port)" }

  func url(port: Int, isSecure: Bool) -> String {
    "\(isSecure ? "https" : "http")://\(bracketedHost):\(port)/"
  }

  private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

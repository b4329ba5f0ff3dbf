/// Where to serve: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.
public struct ListenAddress: Sendable, Equatable {
  public let host: String
  /// 0: one that is free.
  public let port: Int

  public static let standard = "127.0.0.1:8080"

  /// `nil` unless it is an address of this machine alone: others must not read what we know before
  /// they have said who they are.
  public init?(parsing text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    switch text[..<colon] {
    case "127.0.0.1": host = "127.0.0.1"
    case "localhost": host = "localhost"
    case "[::1]": host = "::1"
    default: return nil
    }
    self.port = Int(port)
  }

  var text: String { "\(bracketedHost):\(port)" }

  func url(port: Int) -> String { "http://\(bracketedHost):\(port)/" }

  private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// Who is answered.
public enum Access: Sendable {
  /// Programs of this machine that ask for it by a name of its own.
  case local
  /// Whoever has the token, by any name.
  case token(AccessToken)
  /// Whoever asks, by any name.
  case open
}

/// What one must know to be answered. It is never printed.
public struct AccessToken: Sendable, CustomStringConvertible, CustomReflectable {
  public static let leastCharacters = 16
  private let octets: [UInt8]

  /// `nil` where it is too short to be a secret, or has other characters than visible ASCII, which
  /// not every client can send.
  public init?(_ text: some StringProtocol) {
    octets = Array(text.utf8)
    guard octets.count >= Self.leastCharacters, octets.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
  }

  public var description: String { "a token" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Takes as long whatever is equal: how long it takes tells only the length of the candidate.
  @inline(never)
  func equals(_ candidate: some StringProtocol) -> Bool {
    let candidate = Array(candidate.utf8)
    var difference: UInt8 = candidate.count == octets.count ? 0 : 1
    for index in candidate.indices {
      difference |= candidate[index] ^ octets[index % octets.count]
    }
    return difference == 0
  }

  /// `Authorization` as programs send it (`Bearer`, RFC 6750), or as browsers do once somebody
  /// entered the token as a password, under any name (`Basic`, RFC 7617).
  func isNamed(by field: String) -> Bool {
    let words = field.split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return false }
    switch words[0].lowercased() {
    case "bearer": return equals(words[1])
    case "basic":
      guard let octets = Data(base64Encoded: String(words[1])),
        let text = String(validating: octets, as: UTF8.self),
        let colon = text.firstIndex(of: ":")
      else { return false }
      return equals(text[text.index(after: colon)...])
    default: return false
    }
  }
}

/// Answers only who may ask; that the process lives (`/healthz`) is no secret.
struct AccessControl<Context: RequestContext>: RouterMiddleware {
  let token: AccessToken

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let isNamed = request.headers[.authorization].map { token.isNamed(by: $0) } ?? false
    guard isNamed || request.uri.path == "/healthz" else {
      throw Problem(
        status: .unauthorized,
        detail: "Send the token: Authorization: Bearer TOKEN, or as a password of any name.")
    }
    return try await next(request, context)
  }
}

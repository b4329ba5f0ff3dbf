import Foundation
import Glibc
import Testing

/// Chromium without a window, driven through chromedriver (W3C WebDriver): Debian's chromium-driver.
final class Browser {
  private let driver: BackgroundProcess
  private let session: URL

  static let isThere = ["/usr/bin/chromedriver", "/usr/local/bin/chromedriver"]
    .contains { FileManager.default.isExecutableFile(atPath: $0) }
  static let absence: Comment = "skipped: it takes chromium and chromedriver (chromium-driver)"

  init(width: Int = 1280, height: Int = 900, dark: Bool = false) async throws {
    let (driver, port) = try await Self.startDriver()
    self.driver = driver
    let service = try #require(URL(string: "http://127.0.0.1:\(port)/session"))
    var arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage"]
    // Its sandbox does not run as root.
    if getuid() == 0 { arguments.append("--no-sandbox") }
    let wanted: [String: Any] = [
      "browserName": "chrome", "goog:loggingPrefs": ["browser": "ALL"],
      "goog:chromeOptions": ["args": arguments],
    ]
    session = try Self.session(of: service, wanted)
    try await resize(width: width, height: height)
    try await show(dark: dark)
  }

  /// The port that chromedriver finds for IPv6 may be taken for IPv4: then it ends, and is started
  /// again.
  private static func startDriver() async throws -> (BackgroundProcess, port: String) {
    var attempts = 0
    while true {
      let driver = try BackgroundProcess("/usr/bin/env", ["chromedriver", "--port=0"])
      do {
        return (driver, try await driver.waitForOutput(/started successfully on port (\d+)/))
      } catch let error as BackgroundError {
        attempts += 1
        let isTaken = error.description.contains("Address already in use")
        guard isTaken, attempts < 5 else { throw error }
      }
    }
  }

  /// A browser that does not start within the minute that the driver waits, as on a machine with
  /// other work, is started again.
  private static func session(of service: URL, _ wanted: [String: Any]) throws -> URL {
    let question: [String: Any] = ["capabilities": ["alwaysMatch": wanted]]
    var attempts = 0
    while true {
      do {
        let answer = try send("POST", service, question)
        let identifier = try #require((answer as? [String: Any])?["sessionId"] as? String)
        return service.appendingPathComponent(identifier)
      } catch let error as BrowserError where error.description.hasPrefix("session not created") {
        attempts += 1
        guard attempts < 3 else { throw error }
      }
    }
  }

  func resize(width: Int, height: Int = 900, mobile: Bool = false) async throws {
    try await devTools(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile])
  }

  func show(dark: Bool) async throws {
    try await devTools(
      "Emulation.setEmulatedMedia",
      ["features": [["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]]])
  }

  /// The browser ends with the value, and then the driver.
  deinit { _ = try? Self.send("DELETE", session, nil) }

  func open(_ address: String) async throws { try await command("url", ["url": address]) }

  /// A new tab, which is then the one that is looked at and asked.
  func openTab() async throws {
    let made = try await command("window/new", ["type": "tab"]) as? [String: Any]
    let handle = try #require(made?["handle"] as? String)
    try await command("window", ["handle": handle])
  }

  func back() async throws { try await command("back", [:]) }

  /// What a body of JavaScript returns.
  @discardableResult
  func run(_ script: String) async throws -> Any? {
    try await command("execute/sync", ["script": script, "args": [] as [Any]])
  }

  /// The value of an expression, as text.
  func text(_ expression: String) async throws -> String {
    try await run("return String(\(expression))") as? String ?? ""
  }

  /// What the elements of a selector say, white space as it is shown.
  func texts(_ selector: String) async throws -> [String] {
    let list = "[...document.querySelectorAll(\(Self.quoted(selector)))]"
    let found = try await run(
      "return \(list).map(found => (found.innerText ?? found.textContent).trim())")
    return found as? [String] ?? []
  }

  /// Waits until an expression is true; the page asks the server meanwhile.
  func wait(
    for expression: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let end = Date(timeIntervalSinceNow: 120)
    while Date() < end {
      if try await run("return Boolean(\(expression))") as? Bool == true { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    let seen = try await text("document.body.innerText.slice(0, 2000)")
    Issue.record("never came: \(expression)\n\(seen)", sourceLocation: sourceLocation)
    throw CancellationError()
  }

  /// Waits until the first element of a selector has this in its text.
  func wait(
    _ selector: String, says text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let found = "document.querySelector(\(Self.quoted(selector)))"
    try await wait(
      for: "\(found)?.innerText.includes(\(Self.quoted(text)))", sourceLocation: sourceLocation)
  }

  /// Clicks on an element as a hand does: where it is, and on what lies over it.
  func click(_ selector: String) async throws {
    let found = try await command("element", ["using": "css selector", "value": selector])
    let identifier = try #require((found as? [String: String])?.values.first)
    try await command("element/\(identifier)/click", [:])
  }

  /// Types into whatever has the focus.
  func type(_ keys: String) async throws {
    let actions = keys.flatMap { key in
      ["keyDown", "keyUp"].map { ["type": $0, "value": String(key)] }
    }
    let keyboard: [String: Any] = ["type": "key", "id": "keyboard", "actions": actions]
    try await command("actions", ["actions": [keyboard]])
  }

  /// Fingers that are put down at these places of the window, move to others and are lifted.
  func touch(from: [(x: Double, y: Double)], to: [(x: Double, y: Double)]) async throws {
    func send(_ kind: String, _ places: [(x: Double, y: Double)]) async throws {
      let points = places.enumerated().map {
        ["id": Double($0.offset), "x": $0.element.x, "y": $0.element.y]
      }
      try await devTools("Input.dispatchTouchEvent", ["type": kind, "touchPoints": points])
    }
    try await send("touchStart", from)
    for part in stride(from: 0.125, through: 1, by: 0.125) as StrideThrough<Double> {
      try await send(
        "touchMove",
        zip(from, to).map { ($0.x + ($1.x - $0.x) * part, $0.y + ($1.y - $0.y) * part) })
    }
    try await send("touchEnd", [])
  }

  /// A command of the DevTools protocol.
  @discardableResult
  func devTools(_ name: String, _ parameters: [String: Any]) async throws -> [String: Any] {
    let answer = try await command(
      "goog/cdp/execute", ["cmd": name, "params": parameters] as [String: Any])
    return answer as? [String: Any] ?? [:]
  }

  /// What was said on the console since the last call: errors of scripts, of the policy, of loading.
  func console() async throws -> [String] {
    let entries = try await command("se/log", ["type": "browser"]) as? [[String: Any]] ?? []
    return entries.map { "\($0["level"] ?? ""): \($0["message"] ?? "")" }
  }

  /// The whole page as a picture, for people: `.build/screenshots/NAME.png`.
  func screenshot(_ name: String) async throws {
    let size = try await run("return [innerWidth, document.documentElement.scrollHeight]")
    let lengths = try #require(size as? [Int])
    let clip: [String: Any] = [
      "x": 0, "y": 0, "width": lengths[0], "height": min(lengths[1], 4_000), "scale": 1,
    ]
    let answer = try await devTools(
      "Page.captureScreenshot", ["captureBeyondViewport": true, "clip": clip])
    let data = try #require((answer["data"] as? String).flatMap { Data(base64Encoded: $0) })
    let folder = Command.packageRoot.appendingPathComponent(".build/screenshots")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try data.write(to: folder.appendingPathComponent("\(name).png"))
  }

  @discardableResult
  private func command(_ path: String, _ parameters: [String: Any]) async throws -> Any? {
    try Self.send("POST", session.appendingPathComponent(path), parameters)
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
    return "'\(escaped)'"
  }

  private static func send(_ method: String, _ url: URL, _ body: [String: Any]?) throws -> Any? {
    let content = try body.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
    let data = try exchange(method, url, content)
    let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    if let failure = answer?["value"] as? [String: Any], let error = failure["error"] {
      throw BrowserError(description: "\(error): \(failure["message"] ?? "")")
    }
    return answer?["value"]
  }

  /// One request over a connection of its own; Foundation's loader fails over the driver's headers.
  private static func exchange(_ method: String, _ url: URL, _ content: Data) throws -> Data {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(connection) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(url.port ?? 0).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafeBytes(of: &address) { octets in
      octets.withMemoryRebound(to: sockaddr.self) {
        connect(connection, $0.baseAddress, socklen_t(octets.count))
      }
    }
    guard connected == 0 else { throw BrowserError(description: "chromedriver does not answer") }
    let head = """
      \(method) \(url.path) HTTP/1.1\r
      Host: 127.0.0.1:\(url.port ?? 0)\r
      Connection: close\r
      Content-Type: application/json\r
      Content-Length: \(content.count)\r
      \r

      """
    let request = [UInt8](Data(head.utf8) + content)
    guard
      Glibc.send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
    else { throw BrowserError(description: "chromedriver ended") }
    // The driver leaves the connection open: the answer is as long as it says.
    var answer = Data(), octets = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = recv(connection, &octets, octets.count, 0), count > 0 {
      answer += octets[..<count]
      guard let end = answer.firstRange(of: Data("\r\n\r\n".utf8)) else { continue }
      let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
      guard let length = head.firstMatch(of: /Content-Length: *(\d+)/).flatMap({ Int($0.1) })
      else { break }
      if answer.endIndex - end.upperBound >= length { return answer[end.upperBound...] }
    }
    throw BrowserError(description: "chromedriver ended")
  }
}

struct BrowserError: Error, CustomStringConvertible {
  var description: String
}

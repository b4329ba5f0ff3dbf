import CaptureTestSupport
import Foundation
import Testing

/// A terminal whose other end the test holds.
private final class PseudoTerminal {
  private let controller: Int32
  let terminal: FileHandle
  private(set) var shown = ""

  init() throws {
    var descriptors: (Int32, Int32) = (0, 0)
    guard openpty(&descriptors.0, &descriptors.1, nil, nil, nil) == 0 else {
      throw Tool.Failure(description: "no pseudo terminal")
    }
    controller = descriptors.0
    terminal = FileHandle(fileDescriptor: descriptors.1, closeOnDealloc: true)
    _ = fcntl(controller, F_SETFL, O_NONBLOCK)
  }

  deinit { close(controller) }

  func resize(columns: UInt16, lines: UInt16) {
    var size = winsize(ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
  }

  func press(_ key: String) { _ = write(controller, key, key.utf8.count) }

  /// What the terminal does with keys.
  var flags: tcflag_t {
    var settings = termios()
    tcgetattr(terminal.fileDescriptor, &settings)
    return settings.c_lflag
  }

  /// Takes what is written to it until that has the text; whether it came.
  func wait(for text: String) -> Bool {
    let limit = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < limit {
      var octets = [UInt8](repeating: 0, count: 65_536)
      let count = read(controller, &octets, octets.count)
      if count > 0 { shown += String(decoding: octets[..<count], as: UTF8.self) }
      if shown.contains(text) { return true }
      usleep(20_000)
    }
    return false
  }

  /// The screens that were drawn, as lines.
  var screens: [[String]] {
    // The terminal adds carriage returns of its own.
    let shown = String(shown.unicodeScalars.filter { $0 != "\r" }.map(Character.init))
    return shown.components(separatedBy: "\u{1B}[H").dropFirst().map {
      $0.replacing("\u{1B}[K", with: "").components(separatedBy: "\u{1B}[J")[0]
        .components(separatedBy: "\n")
    }
  }
}

@Suite(
  "capture --top", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct TopTests {
  private func start(
    _ network: TestNetwork, _ terminal: PseudoTerminal, output: String,
    variables: [String] = ["TERM=xterm"]
  ) throws -> ChildProcess {
    let screen = ChildProcess.Stream.descriptor(terminal.terminal.fileDescriptor)
    return try ChildProcess(
      ["env"] + variables
        + network.command("capture", "-i", network.far, "--top", "--csv", "--duration", "60s"),
      input: screen, output: .file(output), error: screen)
  }

  @Test("draws what is lost, obeys keys, survives resizing, and leaves the terminal as it was")
  func screen() throws {
    let network = try TestNetwork()
    try network.generate("sent.pcap", "--packets", "400", "--flows", "4", "--seed", "3")
    let terminal = try PseudoTerminal()
    terminal.resize(columns: 100, lines: 20)
    let before = terminal.flags
    let process = try start(network, terminal, output: network.file("report"))
    #expect(terminal.wait(for: "\u{1B}[?1049h"))
    let sent = try network.send("sent.pcap")
    #expect(terminal.wait(for: "\(sent) packets  "))
    #expect(terminal.flags != before)
    #expect(terminal.screens.last?.count == 20)
    #expect(terminal.screens.last?.allSatisfy { $0.count <= 100 } == true)
    #expect(terminal.shown.contains("MACsec 02:"))

    terminal.resize(columns: 60, lines: 10)
    let limit = ContinuousClock.now + .seconds(60)
    while terminal.screens.last?.count != 10, ContinuousClock.now < limit {
      _ = terminal.wait(for: "\(sent) packets  ")
      usleep(20_000)
    }
    #expect(terminal.screens.last?.allSatisfy { $0.count <= 60 } == true)

    terminal.press("pq")
    #expect(terminal.wait(for: "\u{1B}[?25h\u{1B}[?1049l"))
    #expect(terminal.wait(for: "\(sent) packets captured"))
    #expect(try process.waitForEnd() == .exited(status: 0))
    #expect(terminal.flags == before)
    let report = try String(contentsOfFile: network.file("report"), encoding: .utf8)
    #expect(report.contains("02000000"))
  }

  @Test("a signal that ends it leaves the terminal as it was", arguments: [1, 2])
  func signals(count: Int) throws {
    let network = try TestNetwork()
    let terminal = try PseudoTerminal()
    let before = terminal.flags
    let process = try start(network, terminal, output: network.file("report"))
    #expect(terminal.wait(for: "\u{1B}[?1049h"))
    process.send(signal: SIGINT)
    if count == 2 { process.send(signal: SIGTERM) }
    #expect(terminal.wait(for: "\u{1B}[?1049l"))
    try process.waitForEnd()
    #expect(terminal.flags == before)
  }

  @Test("without a terminal it is refused")
  func refusal() throws {
    let network = try TestNetwork()
    let result = try network.gapscope("capture", "-i", network.far, "--top")
    #expect(result.status == 64)
    #expect(result.error.contains("--top takes a terminal"))
  }

  @Test("where --top was refused, files of an earlier capture were gone by then")
  func refusedFirst() throws {
    let network = try TestNetwork()
    let kept = network.file("kept.pcapng")
    try Data("what there was".utf8).write(to: URL(fileURLWithPath: kept))
    let result = try network.gapscope(
      "capture", "-i", network.far, "--top", "-w", kept, "--database", network.file("new.db"))
    #expect(result.status == 64)
    #expect(!result.error.contains("Listening"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == Data("what there was".utf8))
    #expect(!FileManager.default.fileExists(atPath: network.file("new.db")))
  }

  @Test("a terminal that cannot move its cursor was written full of what steers others")
  func dumb() throws {
    let network = try TestNetwork()
    let terminal = try PseudoTerminal()
    let process = try start(
      network, terminal, output: network.file("report"), variables: ["TERM=dumb"])
    #expect(terminal.wait(for: "(and not TERM=dumb)"))
    #expect(try process.waitForEnd() == .exited(status: 64))
    #expect(!terminal.shown.contains("\u{1B}"))
  }
}

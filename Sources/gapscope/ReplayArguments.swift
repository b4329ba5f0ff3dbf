import ArgumentParser
import CaptureInput

/// Analysis in real time, as if the captures were seen live.
struct ReplayArguments: ParsableArguments {
  @Option(
    help: """
      Replay in real time: original (as the capture's clock went; set back, it goes on from there) \
      or fixed (--pps).
      """)
  var pace: PaceName?

  @Option(help: ArgumentHelp("Packets per second, of --pace fixed.", valueName: "n"))
  var pps: UInt64?

  @Option(
    help: ArgumentHelp("So many times as fast, of --pace original.", valueName: "factor"))
  var speed: Double?

  @Option(
    help: ArgumentHelp(
      """
      Read so many times, or until a signal without a number; each time all associations begin anew.
      """,
      valueName: "n"))
  var loop: LoopCount?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Send the frames on this interface instead of analyzing them.", valueName: "interface"))
  var output: String?

  enum PaceName: String, ExpressibleByArgument, CaseIterable {
    case original
    case fixed
  }

  func validate() throws {
    if pps != nil, speed != nil {
      throw ValidationError("--pps is of --pace fixed, and --speed of --pace original: give one.")
    }
    if pace == .original, pps != nil { throw ValidationError("--pps is of --pace fixed.") }
    if pace == .fixed, speed != nil { throw ValidationError("--speed is of --pace original.") }
    if pace == .fixed, pps == nil {
      throw ValidationError("--pace fixed needs --pps: how many packets per second?")
    }
    if let pps, !(1...100_000_000).contains(pps) {
      throw ValidationError("--pps \(pps) is not from 1 to 100000000.")
    }
    if let speed, !(speed >= 1e-6 && speed <= 1e9) {
      throw ValidationError("--speed \(speed) is not from 0.000001 to 1000000000.")
    }
    if case .unreadable(let text) = loop {
      throw ValidationError("--loop '\(text)' is not a number of times.")
    }
    if output != nil, given == nil {
      throw ValidationError(
        "--output is of a replay: say --pace original, or --pace fixed --pps N.")
    }
    if loop != nil, given == nil {
      throw ValidationError("--loop is of a replay: say --pace original, or --pace fixed --pps N.")
    }
  }

  /// What is read again must be there again.
  func check(_ captures: [CaptureInputArgument]) throws {
    guard loop != nil, captures.contains(where: { $0.path == "-" }) else { return }
    throw ValidationError("--loop cannot read standard input twice: name a file.")
  }

  /// What is sent has no report.
  func check(_ results: ResultArguments) throws {
    guard output != nil else { return }
    if results.json || results.csv || results.database != nil || results.failIf != nil {
      throw ValidationError(
        "--output sends the frames instead of analyzing them: leave out --json, --csv, --database "
          + "and --fail-if.")
    }
  }

  /// `nil`: no replay.
  var given: Pace? {
    if let pps { return .fixed(packetsPerSecond: pps) }
    if let speed { return .original(speed: speed) }
    return pace == .original ? .original(speed: 1) : nil
  }

  /// How often the captures are read; `nil`: until a signal.
  var times: Int? {
    switch loop {
    case nil: 1
    case .times(let times): times
    case .forever, .unreadable: nil
    }
  }
}

/// How often a replay reads its captures.
enum LoopCount: ExpressibleByArgument {
  case forever
  case times(Int)
  /// The parser would take a value that is refused for one that was left out.
  case unreadable(String)

  /// What stands for the value where it was left out (`OptionalValues`).
  static let foreverName = "forever"

  init(argument: String) {
    if argument == Self.foreverName {
      self = .forever
    } else if let times = Int(argument), times > 0 {
      self = .times(times)
    } else {
      self = .unreadable(argument)
    }
  }
}

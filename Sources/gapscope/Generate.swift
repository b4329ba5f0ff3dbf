public import ArgumentParser
import CaptureInput
import ConfigurationInput
import Glibc
import PacketAnalysis
import ReportFormats
public import TrafficGenerator

/// `gapscope generate`: a capture whose truth is known.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write a capture to which known things happen, and the truth about it.",
    discussion: """
      The truth is what an observer of the capture can know, in the form of a JSON report. It goes \
      beside the capture: test.pcap has test.truth.json. The same seed gives the same octets. \
      Shares are of all flows, from 0 to 1.

      EXAMPLES:
        gapscope generate --packets 500000 --flows 50000 --seed 42 -o test.pcap
        gapscope generate --protocol ipsec --scenario rekey \\
            --scenario wrap:share=0.2 --packets 100000 --flows 20 -o rekey.pcap
        gapscope generate --protocol mixed --format pcapng --flows 100 \\
            -o mixed.pcapng
        gapscope generate --truth truth.json -o - | gapscope analyze -

      SCENARIOS, with their keys and defaults:
      \(scenarioList)
      Each but the last also takes share=S, the share of the flows on which it falls.
      """)

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the capture goes; - is standard output.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Where the truth goes; none: nowhere. (default: beside the capture, if that is a regular file)",
      valueName: "file"))
  var truth: String?

  @Option(help: ArgumentHelp("Frames in the capture.", valueName: "n"))
  var packets = defaults.packets

  @Option(
    help: ArgumentHelp(
      "Senders: secure channels, IPsec associations, plain flows.", valueName: "n"))
  var flows = defaults.flows

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      """
      macsec, ipsec, generic, mixed, or weights: mixed:macsec=5,esp=3,ah=1,plain=1. \
      (default: macsec)
      """, valueName: "protocol"),
    transform: ProtocolMix.init(parsing:))
  var protocols = defaults.protocols

  @Option(help: ArgumentHelp("Decides what the other options leave open.", valueName: "n"))
  var seed = defaults.seed

  @Option(
    help: ArgumentHelp(
      """
      What happens; may be given many times; none: nothing. \
      (default: loss, reorder, duplicate)
      """, valueName: "name[:key=value,...]"))
  var scenario: [String] = []

  @Option(
    help: ArgumentHelp(
      "pcap (microseconds), pcap-nsec or pcapng (nanoseconds).", valueName: "format"))
  var format = defaults.format

  @Option(
    help: ArgumentHelp(
      "Octets of a frame: imix, a length, or a range such as 64-1514. (default: imix)",
      valueName: "lengths"),
    transform: FrameSizes.init(parsing:))
  var sizes = defaults.sizes

  @Option(
    help: ArgumentHelp(
      "Octets kept of each frame, at least 96. (default: all)", valueName: "octets"))
  var snapLength: Int?

  @Option(help: ArgumentHelp("All flows together, by the capture's clock.", valueName: "rate"))
  var packetsPerSecond = defaults.packetsPerSecond

  @Flag(name: .shortAndLong, help: "Neither progress nor notes on standard error.")
  var quiet = false

  @OptionGroup(title: "SHARES")
  var shares: FlowShares

  func validate() throws {
    if let truthPath, truthPath == output || isSameFile(truthPath, output) {
      throw ValidationError("--truth and --output name the same file.")
    }
    _ = try generator()
  }

  func run() throws {
    if truth == nil, truthPath == nil, !quiet {
      printNotice("Note: no truth is written, since \(output) is no regular file; see --truth")
    }
    var isBegun = false
    // Whoever reads from a pipe has a progress of its own.
    let progress = Progress(isShown: !quiet && Terminal.isError && becomesRegularFile)
    defer { progress.clear() }
    do {
      let report = try generator().run(
        path: output, isStopped: { ReadingStop.isRequested },
        whenOpen: { () throws(GeneratorError) in
          isBegun = true
          listenToSignals()
        }, tell: { progress.show($0) })
      if let truthPath { try writeTruth(report, to: truthPath) }
    } catch let error as GeneratorError {
      // What is there is the truth of the capture that was there before.
      if isBegun, let truthPath, FileState(path: truthPath)?.isRegular == true { unlink(truthPath) }
      if error.isOfOptions { throw ValidationError("\(error)") }
      throw error.isBrokenPipe ? ExitCode.failure : Failure("\(error)")
    }
  }

  private func writeTruth(_ report: AnalysisReport, to path: String) throws {
    var file = try OutputFile(path: path)
    var sink = file.sink
    do {
      try JSONReport.write(report, to: &sink)
    } catch {
      throw Failure("\(path): \(error)")
    }
    try file.close()
  }

  /// `nil`: the truth is not asked for, or there is no place for it.
  private var truthPath: String? {
    if let truth { return truth == "none" ? nil : truth }
    guard becomesRegularFile else { return nil }
    let formats = [".pcap", ".pcapng"]
    let ending = formats.first { output.hasSuffix($0) } ?? ""
    return output.dropLast(ending.count) + ".truth.json"
  }

  /// Beside a device, a FIFO or standard output nobody would look for a truth.
  private var becomesRegularFile: Bool {
    output != "-" && FileState(path: output)?.isRegular != false
  }

  private func generator() throws -> TrafficGenerator {
    var options = GeneratorOptions()
    options.packets = packets
    options.flows = flows
    options.protocols = protocols
    options.seed = seed
    options.sizes = sizes
    options.snapLength = snapLength
    options.format = format
    options.packetsPerSecond = packetsPerSecond
    shares.apply(to: &options)
    do {
      if !scenario.isEmpty { options.scenarios = try Scenario.parse(scenario) }
      return try TrafficGenerator(options: options)
    } catch .unknownScenario(let name) {
      let names = Scenario.forms.map { String($0.prefix { $0 != ":" }) }
      let nearest = NearestName.of(name, among: names).map { "; did you mean \($0)?" } ?? "."
      throw ValidationError(
        """
        There is no scenario '\(name)'\(nearest) With keys and defaults:
        \(Self.scenarioList)
        """)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private static let defaults = GeneratorOptions()

  private static let scenarioList = Scenario.forms.map { "  " + $0 }.joined(separator: "\n")
}

extension GeneratorOptions.Format: ExpressibleByArgument {}

extension GeneratorError {
  /// What was asked for is in contradiction, as only the plan of all packets shows.
  fileprivate var isOfOptions: Bool {
    switch self {
    case .flowsTooShort, .noFlowFor: true
    default: false
    }
  }

  fileprivate var isBrokenPipe: Bool {
    if case .cannotWrite(_, EPIPE, _) = self { true } else { false }
  }
}

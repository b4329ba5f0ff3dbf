import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

/// `gapscope transcript`: the arrivals of captures, to be merged with others later.
struct Transcript: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transcript",
    abstract: "Write down what arrived, exactly and briefly, to merge it with other parts.",
    usage: "gapscope transcript [<options>] <file> ... --output <file>",
    discussion: """
      A transcript has the numbers of every association in the order in which they arrived, \
      consecutive ones as one run: mostly 1 to 6 kB for each association that loses nothing, however \
      long, and a few octets for each irregularity. \
      Transcripts of the parts of a capture, merged, give the report of the whole. They can be put \
      one behind the other.

      EXAMPLES:
        gapscope transcript monday.pcap --output monday.transcript
        gapscope transcript ring_*.pcapng.zst --output ring.transcript
        gapscope transcript --format ndjson part.pcap --output part.ndjson
        gapscope merge monday.transcript tuesday.transcript
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case binary, ndjson
  }

  @OptionGroup(title: "INPUT")
  var input: InputArguments

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where it goes; - is standard output.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "ndjson: an object for each channel and part, with its transcript in base64.",
      valueName: "format"))
  var format = Format.binary

  @Flag(help: "Each frame by itself: longer, but never inseparable.")
  var eachFrame = false

  @OptionGroup(visibility: .private)
  var refused: RefusedArguments

  @Flag(name: .shortAndLong, help: "Neither progress nor notes on standard error.")
  var quiet = false

  @OptionGroup(title: "RULES FOR NUMBERS")
  var tracking: TrackingArguments

  func validate() throws {
    if output != "-",
      input.captures.contains(where: { $0.path == output || isSameFile($0.path, output) })
    {
      throw ValidationError("--output names a capture that is to be read.")
    }
  }

  func run() throws {
    listenToSignals()
    var file = try OutputFile(path: output)
    var sink = file.sink
    var isComplete = true
    var partCount = 0
    for capture in input.captures where !ReadingStop.isRequested {
      guard let part = try record(capture) else {
        isComplete = false
        continue
      }
      if !tell(part) { isComplete = false }
      try write(part, to: &sink)
      partCount += 1
    }
    // What was there before stays where there is nothing to write.
    if partCount == 0, !isComplete { throw ExitCode.failure }
    try file.close()
    if !isComplete { throw ExitCode.inputDamaged }
  }

  /// `nil` where nothing could be read, which is said.
  private func record(_ capture: CaptureInputArgument) throws -> TranscriptPart? {
    let reading: CaptureReading
    do {
      reading = try CaptureReading([capture], filter: input.expression)
    } catch let failure as Failure {
      printNotice("Error: \(failure)")
      return nil
    }
    let analyzer = PacketAnalyzer(
      recordingWith: AnalysisOptions(input, tracking), eachFrame: eachFrame)
    reading.analyze(with: analyzer, threadCount: .one, showsProgress: !quiet)
    return analyzer.finishPart(reading.origin(filter: input.expression))
  }

  private func tell(_ part: TranscriptPart) -> Bool {
    let run = part.origin.run
    if !quiet { for note in run.notes { printNotice("Note: \(note)") } }
    return tellHealth(of: run.captures, files: run.files)
  }

  private func write(_ part: TranscriptPart, to sink: inout FileDescriptorSink) throws {
    do {
      switch format {
      case .binary: try part.encoded().withUnsafeBytes { octets in try sink.write(octets) }
      case .ndjson: try TranscriptRows.write(part, to: &sink)
      }
    } catch let error as OutputError {
      throw error.isClosedPipe ? ExitCode.failure : Failure("\(output): \(error)")
    }
  }
}

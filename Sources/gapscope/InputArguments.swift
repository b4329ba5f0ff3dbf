import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

/// What is read, and how.
struct InputArguments: ParsableArguments {
  @Argument(
    help: "Captures: pcap or pcapng, also compressed by gzip, zstd or lz4; - is standard input.",
    completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "The file was captured at the point of this name; may be given many times.",
      valueName: "name=file"))
  var point: [NamedPoint] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Only frames that match, in the language of pcap-filter(7).", valueName: "expression"))
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "Only frames from this time on: RFC 3339 or seconds since 1970.", valueName: "time"),
    transform: parseTime)
  var from: Timestamp?

  @Option(
    help: ArgumentHelp("Only frames up to this time, likewise.", valueName: "time"),
    transform: parseTime)
  var to: Timestamp?

  @OptionGroup
  var decoding: DecodingArguments

  func validate() throws {
    guard !files.isEmpty || !point.isEmpty else {
      throw ValidationError("There is nothing to read: name a capture, or - for standard input.")
    }
    if files.count(where: { $0 == "-" }) + point.count(where: { $0.file == "-" }) > 1 {
      throw ValidationError("Standard input can be read only once: - is named twice.")
    }
    if let from, let to, from > to {
      throw ValidationError("--from is later than --to: no frame lies between them.")
    }
    for (index, named) in point.enumerated()
    where point[..<index].contains(where: { $0.file == named.file }) {
      throw ValidationError("\(named.file) has two points.")
    }
  }

  /// The filter that is to be applied; an empty one is none, as in pcap-filter(7).
  var expression: String? {
    guard let filter, !filter.allSatisfy(\.isWhitespace) else { return nil }
    return filter
  }

  /// Of the frames that are asked for; `nil`: of all.
  var times: ClosedRange<Timestamp>? {
    guard from != nil || to != nil else { return nil }
    return (from ?? .absent)...(to ?? Timestamp(nanosecondsSinceEpoch: .max))
  }

  var selection: FrameSelection { FrameSelection(filter: expression, times: times) }

  /// Files that only a point names come after the others.
  var captures: [CaptureInputArgument] {
    let named = Dictionary(uniqueKeysWithValues: point.map { ($0.file, $0.name) })
    let listed = Set(files)
    return files.map { CaptureInputArgument(path: $0, point: named[$0]) }
      + point.filter { !listed.contains($0.file) }
      .map { CaptureInputArgument(path: $0.file, point: $0.name) }
  }
}

/// `name=file`
struct NamedPoint: ExpressibleByArgument {
  var name: String
  var file: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, !argument.hasPrefix("=") else { return nil }
    (name, file) = (String(parts[0]), String(parts[1]))
  }
}

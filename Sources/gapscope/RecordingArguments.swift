import ArgumentParser
import LiveCapture
import ReportFormats

/// Where what is captured is written too.
struct RecordingArguments: ParsableArguments {
  @Option(
    name: [.customShort("w"), .customLong("write")],
    help: ArgumentHelp("Write the frames to this file too, as pcapng.", valueName: "file"),
    completion: .file())
  var path: String?

  @Option(
    help: ArgumentHelp(
      "Begin another file before this one is longer, as in 100MB or 2GiB; at least 2MB.",
      valueName: "size"),
    transform: { text in try parseSize(text) })
  var rotateSize: UInt64?

  @Option(
    help: ArgumentHelp("Begin another file after this time, as in 1h.", valueName: "duration"),
    transform: { text in try parseDuration(text) })
  var rotateTime: Int64?

  @Option(
    help: ArgumentHelp(
      "Keep so many files, and remove the oldest, also of an earlier capture to this name.",
      valueName: "n"))
  var rotateFiles: Int?

  func validate() throws {
    let isAsked = rotateSize != nil || rotateTime != nil
    if isAsked || rotateFiles != nil, path == nil {
      throw ValidationError("--rotate-... says how files are written: name one with --write.")
    }
    if path == "-" {
      throw ValidationError("Standard output takes the report: give --write the name of a file.")
    }
    if let rotateSize, rotateSize < RecordingOptions.smallestFileOctets {
      throw ValidationError("--rotate-size is less than 2MB.")
    }
    if let rotateFiles {
      if rotateFiles < 1 { throw ValidationError("--rotate-files \(rotateFiles) is less than 1.") }
      if !isAsked {
        throw ValidationError("--rotate-files needs --rotate-size or --rotate-time.")
      }
    }
  }

  /// What the capture itself reads or writes is not overwritten by mistake.
  func check(with results: ResultArguments) throws {
    guard let path else { return }
    if let database = results.database {
      let files = [database, database + "-wal", database + "-shm"]
      if path == database || files.contains(where: { isSameFile($0, path) }) {
        throw Failure("\(path): is the database; name another file with --write")
      }
    }
    if let file = ConfiguredArguments.file, isSameFile(file, path) {
      throw Failure("\(path): is the configuration; name another file with --write")
    }
  }

  /// `nil`: nothing is written.
  var options: RecordingOptions? {
    guard let path else { return nil }
    var options = RecordingOptions(path: path)
    (options.fileOctets, options.fileNanoseconds) = (rotateSize, rotateTime)
    options.fileCount = rotateFiles
    options.application = Gapscope.configuration.version
    return options
  }
}

/// A whole number of octets with a unit: decimal as in 100MB, binary as in 2GiB.
func parseSize(_ text: String) throws -> UInt64 {
  let digits = text.prefix { ("0"..."9").contains($0) }
  let units: [String: UInt64] = [
    "": 1, "B": 1, "kB": 1_000, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000,
    "TB": 1_000_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
  ]
  guard let number = UInt64(digits), let unit = units[String(text.dropFirst(digits.count))],
    case (let octets, false) = number.multipliedReportingOverflow(by: unit)
  else { throw ValidationError("'\(text)' is not a size, as in 100MB or 2GiB.") }
  return octets
}

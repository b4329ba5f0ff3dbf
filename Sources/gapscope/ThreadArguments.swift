import ArgumentParser
import CaptureInput

/// How the work is divided.
struct ThreadArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads that analyze a large file, 1 to 1024; as many as processors unless given.",
      valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1_024).contains(threads) {
      throw ValidationError("--threads \(threads) is not from 1 to 1024.")
    }
  }

  var count: ThreadCount { threads.map { ThreadCount($0) } ?? .processors }
}

import AnalysisStore
import ArgumentParser
import PacketAnalysis
import ReportFormats

/// How a run is stored while it lasts.
struct StoreArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How often the database gets what is known so far; less often where storing takes longer; \
      never: only at the end. (default: 1s)
      """, valueName: "duration"),
    transform: { text in text == "never" ? 0 : try parseDuration(text) })
  var storeEvery: Int64 = 1_000_000_000

  @Option(
    help: ArgumentHelp(
      """
      How long the history of seconds, of minutes and of hours is kept. (default: 1d,31d,731d)
      """, valueName: "s,m,h"),
    transform: Self.parseKeeping)
  var historyKeep = HistoryKeeping()

  @Option(
    help: ArgumentHelp(
      "Where the database holds more, the oldest history goes, in MiB. (default: 8192)",
      valueName: "mebibytes"))
  var historySize: Int?

  func validate() throws {
    if let historySize, !(1...1 << 40).contains(historySize) {
      throw ValidationError("--history-size \(historySize) is not between 1 and \(1 << 40).")
    }
  }

  /// Options that can change while a run lasts.
  static let changeable: Set<String> = ["store-every", "history-keep", "history-size"]

  /// `nil`: only at the end.
  var interval: Int64? { storeEvery == 0 ? nil : storeEvery }

  var keeping: HistoryKeeping {
    var keeping = historyKeep
    if let historySize { keeping.databaseOctets = Int64(historySize) << 20 }
    return keeping
  }

  private static func parseKeeping(_ text: String) throws -> HistoryKeeping {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 3 else {
      throw ValidationError("'\(text)' is not three durations, as in 1d,31d,731d.")
    }
    var keeping = HistoryKeeping()
    keeping.secondsNanoseconds = try parseDuration(String(parts[0]))
    keeping.minutesNanoseconds = try parseDuration(String(parts[1]))
    keeping.hoursNanoseconds = try parseDuration(String(parts[2]))
    return keeping
  }
}

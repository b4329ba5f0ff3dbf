import ArgumentParser
import CaptureInput
import PacketAnalysis
import ReportFormats

extension ResultArguments {
  /// Stores and prints a report, says on standard error what is to be said, and throws the exit
  /// status if that is not 0.
  ///
  /// - Parameters:
  ///   - isPart: reading was interrupted before its end.
  ///   - tell: says what went wrong with the input; returns whether all of it could be used.
  func deliver(
    _ whole: AnalysisReport, options: AnalysisOptions, to store: StoreAttempt?,
    isPart: Bool = ReadingStop.isRequested,
    tell: (AnalysisReport) -> Bool
  ) throws {
    store?.keep(whole, options: options)

    var report = whole
    try selection.apply(to: &report)
    try write(report)
    let isComplete = tell(report)
    let exceeded = failIf?.exceeded(by: report) ?? []
    // A gate that saw only a part, or has nothing to judge, must not pass.
    let judgesNothing = failIf != nil && exceeded.isEmpty && report.associations.isEmpty
    if judgesNothing {
      printNotice("Error: --fail-if has nothing to judge: there is no association")
    }
    if !quiet || report.associations.isEmpty {
      for miss in try selection.misses(in: whole) { printNotice("Note: \(miss)") }
    }
    let sawPart = failIf != nil && exceeded.isEmpty && isPart
    if sawPart {
      printNotice("Error: --fail-if has not judged all of the input: reading was interrupted")
    }
    let doubts = exceeded.isEmpty ? failIf?.doubts(about: report) ?? [] : []
    for doubt in doubts { printNotice("Error: --fail-if \(doubt)") }
    for condition in exceeded { printNotice("Threshold exceeded: \(condition)") }
    if !exceeded.isEmpty, let givenUp = whole.givenUp,
      givenUp.unfollowed.packets > 0 || report.isSelection && givenUp.leavesOutFrames
    {
      printNotice(
        "Note: only associations that were followed are judged, and shares are of theirs: raise "
          + "--max-associations")
    }
    if !exceeded.isEmpty,
      report.associations.contains(where: { $0.givenUp?.forgotten.isEmpty == false })
    {
      printNotice(
        "Note: numbers that came late to forgotten gaps still count as lost, and as duplicates: "
          + "raise --max-gaps")
    }

    if store?.hasFailed == true || judgesNothing || sawPart || !doubts.isEmpty {
      throw ExitCode.failure
    }
    if !exceeded.isEmpty { throw ExitCode.thresholdExceeded }
    if !isComplete { throw ExitCode.inputDamaged }
  }
}

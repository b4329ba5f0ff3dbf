public import PacketAnalysis

/// When a run counts as failed: `lost>0.01%`, or `lost>0 or duplicates>=5`.
///
/// Each metric is the sum over all associations, with what was counted of those that have no row any more
/// (`malformed`: over the capture). A percentage is a share of the expected numbers for `lost` and `skipped`,
/// otherwise of the packets.
public struct Threshold: Sendable, Equatable {
  public enum Metric: String, CaseIterable, Sendable {
    case lost, duplicates, reordered, suspects, skipped, malformed, gaps
  }
  public struct Condition: Sendable, Equatable {
    var metric: Metric
    /// `>=` rather than `>`.
    var includesLimit: Bool
    /// The limit in units of 10^-`decimals`.
    var limit: UInt64
    var decimals: Int
    var isPercentage: Bool
  }

  /// One of them is enough.
  public let conditions: [Condition]

  public init(parsing text: String) throws(ThresholdError) {
    var scanner = TextScanner(text)
    var conditions = [try scanner.condition(in: text)]
    scanner.skipSpaces()
    while !scanner.isAtEnd {
      guard scanner.word() == "or" else { throw ThresholdError(.expectedOr, in: text) }
      conditions.append(try scanner.condition(in: text))
      scanner.skipSpaces()
    }
    self.conditions = conditions
  }

  /// A sentence for each condition that the report fulfils; empty where it passes.
  public func exceeded(by report: AnalysisReport) -> [String] {
    conditions.compactMap { $0.exceeded(by: report) }
  }

  /// Why a report that does not exceed it need not pass, as a limit was reached: a reason for each.
  ///
  /// What is lost, skipped or came twice is counted too often where the places of gaps are forgotten,
  /// never too seldom. What is malformed is exact, but for PN 0 of an association that is not followed.
  ///
  /// - Parameter report: with the associations that are judged, of all that it had.
  public func doubts(about report: AnalysisReport) -> [String] {
    guard let givenUp = report.givenUp else { return [] }
    let metrics = Set(conditions.map(\.metric)).subtracting([.malformed])
    var doubts: [String] = []
    if givenUp.unfollowed.packets > 0
      || !metrics.isEmpty && report.isSelection && givenUp.leavesOutFrames
    {
      doubts.append("has not judged all associations: raise --max-associations")
    }
    guard !metrics.isEmpty else { return doubts }
    if givenUp.judgedBySilence > 0 {
      doubts.append(
        "has judged frames in doubt when their association fell silent: lengthen --idle-timeout")
    }
    if !report.isSelection, givenUp.silent.count > 0 {
      doubts.append(
        "cannot know what was missing before associations that made room came back: raise "
          + "--max-associations")
    }
    // A row says itself what was given up of it; an epoch without one does not.
    let judged = report.associations.lazy.compactMap(\.givenUp)
    let (hasForgotten, hasHasty) =
      report.rowless != nil
      ? (!givenUp.forgotten.isEmpty, givenUp.hastyFrames > 0)
      : (
        judged.contains { !$0.forgotten.isEmpty }, judged.contains { $0.hastyFrames > 0 }
      )
    if !metrics.isDisjoint(with: [.reordered, .gaps]), hasForgotten {
      doubts.append("has not judged frames that came late to forgotten gaps: raise --max-gaps")
    }
    if hasHasty {
      doubts.append("has judged frames before all was known of them: too many were in doubt")
    }
    return doubts
  }
}

public struct ThresholdError: Error, Equatable, CustomStringConvertible {
  public enum Problem: Equatable, Sendable {
    case unknownMetric(String)
    case expectedComparison
    case expectedNumber
    case numberTooLong
    case noShareOfGaps
    case expectedOr
  }
  public var problem: Problem
  public var text: String

  init(_ problem: Problem, in text: String) { (self.problem, self.text) = (problem, text) }

  public var description: String {
    let reason =
      switch problem {
      case .unknownMetric(let name):
        "'\(name)' is none of "
          + Threshold.Metric.allCases.map(\.rawValue).joined(separator: ", ")
      case .expectedComparison: "'>' or '>=' is missing"
      case .expectedNumber: "a count such as 0 or a share such as 0.01% is missing"
      case .numberTooLong: "a number has 18 digits at most"
      case .noShareOfGaps: "gaps are counted, they have no percentage"
      case .expectedOr: "conditions are joined with 'or'"
      }
    return "threshold '\(text)': \(reason)"
  }
}

extension TextScanner {
  fileprivate mutating func condition(in text: String) throws(ThresholdError) -> Threshold.Condition
  {
    skipSpaces()
    let name = word()
    guard let metric = Threshold.Metric(rawValue: name) else {
      throw ThresholdError(.unknownMetric(name), in: text)
    }
    skipSpaces()
    guard skip(">") else { throw ThresholdError(.expectedComparison, in: text) }
    let includesLimit = skip("=")
    skipSpaces()
    guard let (limit, decimals) = try decimal(in: text) else {
      throw ThresholdError(.expectedNumber, in: text)
    }
    skipSpaces()
    let isPercentage = skip("%")
    if !isPercentage && decimals > 0 { throw ThresholdError(.expectedNumber, in: text) }
    if isPercentage && metric == .gaps { throw ThresholdError(.noShareOfGaps, in: text) }
    return Threshold.Condition(
      metric: metric, includesLimit: includesLimit, limit: limit, decimals: decimals,
      isPercentage: isPercentage)
  }

  /// Digits and perhaps a fraction, 18 digits in all at most, so that nothing is rounded.
  private mutating func decimal(
    in text: String
  ) throws(ThresholdError) -> (value: UInt64, decimals: Int)? {
    guard var value = decimalDigit() else { return nil }
    var (count, decimals) = (1, 0)
    var isFraction = false
    while true {
      if !isFraction && skip(".") {
        isFraction = true
        guard let digit = decimalDigit() else { return nil }
        (value, count, decimals) = (value * 10 + digit, count + 1, 1)
      } else if let digit = decimalDigit() {
        guard count < 18 else { throw ThresholdError(.numberTooLong, in: text) }
        value = value * 10 + digit
        count += 1
        if isFraction { decimals += 1 }
      } else {
        return (value, decimals)
      }
    }
  }
}

extension Threshold.Condition {
  fileprivate func exceeded(by report: AnalysisReport) -> String? {
    let (value, base) = values(of: report)
    let scale = (0..<decimals).reduce(1 as UInt128) { product, _ in product * 10 }
    // value > limit / scale, as a share: value / base * 100 > limit / scale.
    let (left, right) =
      isPercentage
      ? (UInt128(value) * 100 * scale, UInt128(limit) * UInt128(base))
      : (UInt128(value), UInt128(limit))
    guard left > right || includesLimit && left == right else { return nil }
    let comparison = includesLimit ? "at least" : "more than"
    let share = isPercentage ? " of \(grouped(base)) (\(percentage(value, of: base)))" : ""
    return "\(grouped(value)) \(metric.rawValue)\(share): \(comparison) \(limitText)"
  }

  private var limitText: String {
    guard decimals > 0 else { return grouped(limit) + (isPercentage ? "%" : "") }
    let digits = String(limit)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(padded.dropLast(decimals)).\(padded.suffix(decimals))%"
  }

  private func values(of report: AnalysisReport) -> (value: UInt64, base: UInt64) {
    if metric == .malformed { return (report.totals.malformed, report.totals.packets) }
    var (value, base) = report.rowless.map { values(of: $0.sums) } ?? (0, 0)
    report.associations.forEachCounts { row, _ in
      let (part, whole) = values(of: row)
      value.addClamped(part)
      base.addClamped(whole)
    }
    return (value, base)
  }

  private func values(of sums: some EpochSums) -> (value: UInt64, base: UInt64) {
    switch metric {
    case .lost: (sums.lost, sums.expected)
    case .skipped: (sums.skipped, sums.expected)
    case .duplicates: (sums.duplicates, sums.packets)
    case .reordered: (sums.reordered, sums.packets)
    case .suspects: (sums.suspects, sums.packets)
    case .gaps: (sums.gaps, sums.packets)
    case .malformed: (0, 0)
    }
  }
}

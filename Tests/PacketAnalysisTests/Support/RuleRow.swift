import PacketAnalysis
import Testing

/// The counts of an epoch that a table states; those that it does not mention are 0.
struct EpochAnswer: Equatable, Sendable {
  var an: UInt8 = 0
  var packets: UInt64
  var lost: UInt64 = 0
  var skipped: UInt64 = 0
  var duplicates: UInt64 = 0
  var reordered: UInt64 = 0
  var suspects: UInt64 = 0
}

extension EpochResult {
  var answer: EpochAnswer {
    EpochAnswer(
      an: an, packets: packets, lost: lost, skipped: skipped, duplicates: duplicates,
      reordered: reordered, suspects: suspects)
  }
}

/// A row of a table: arrivals and what is to be said of each epoch.
struct RuleRow: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var arrivals: [Arrival]
  var answers: [EpochAnswer]
  var isMACsec: Bool
  var badTags: UInt64

  init(
    _ description: String, _ traffic: Traffic, _ answers: EpochAnswer..., isMACsec: Bool = true,
    badTags: UInt64 = 0
  ) {
    (testDescription, arrivals, self.answers) = (description, traffic.arrivals, answers)
    (self.isMACsec, self.badTags) = (isMACsec, badTags)
  }

  func check(
    _ implementation: RuleImplementation, _ options: TrackingOptions,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let result = implementation.judge(arrivals, isMACsec, options)
    #expect(result.epochs.map(\.answer) == answers, sourceLocation: sourceLocation)
    #expect(result.badTags.values.reduce(0, +) == badTags, sourceLocation: sourceLocation)
  }
}

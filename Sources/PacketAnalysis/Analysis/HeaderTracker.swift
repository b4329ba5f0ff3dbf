/// What an `AnalysisEngine` does with the headers that have a number: judge them
/// (`SequenceTracker`) or remember them (`ArrivalRecorder`).
protocol HeaderTracker: ~Copyable {
  /// The hash of a key; whatever will be needed of its association is asked for.
  func prefetch(_ key: CompactKey) -> UInt32
  func prefetch(_ word: UInt64, channelWord: UInt64) -> UInt32
  /// Observes what is pending, in its order.
  mutating func observe(_ pending: borrowing PendingObservations)
  /// Completes what was observed, before anything else looks at it.
  mutating func catchUp()
  /// A frame whose SecTAG is illegal names this association.
  mutating func countBadTag(_ key: CompactKey)
}

extension SequenceTracker: HeaderTracker {}

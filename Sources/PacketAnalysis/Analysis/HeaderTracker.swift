/// What an `AnalysisEngine` does with the headers that have a number: judge them
/// (`SequenceTracker`) or remember them (`ArrivalRecorder`).
protocol HeaderTracker: ~Copyable {
  /// Where the associations are that the headers name.
  var table: AssociationTable { borrowing get }
  /// Observes a header, if it is the next of its association and nothing about it is new; returns
  /// whether it is, as far as that is seen at the first glance.
  ///
  /// - Parameter hint: what `table.locate` returned, most likely for this key.
  mutating func observeInOrder(
    _ key: CompactKey, hint: UInt64, number: UInt32, octets: UInt32, time: Timestamp,
    place: @autoclosure () -> FramePlace, shape: @autoclosure () -> FrameShape
  ) -> Bool
  /// Observes any header.
  ///
  /// - Parameter hint: as above.
  mutating func observe(_ observation: Observation, _ details: ObservationDetails, hint: UInt64)
  /// Completes what was observed, before anything else looks at it.
  mutating func catchUp()
  /// A frame whose SecTAG is illegal names this association.
  mutating func countBadTag(_ key: CompactKey)
}

extension HeaderTracker where Self: ~Copyable {
  @inline(__always)
  func hash(_ word: UInt64, channelWord: UInt64) -> UInt32 {
    table.hasher.hash(word, channelWord: channelWord)
  }

  /// The same of a header that was not expected.
  mutating func observe(_ observation: Observation, _ details: ObservationDetails) {
    observe(observation, details, hint: .max)
  }
}

extension SequenceTracker: HeaderTracker {}

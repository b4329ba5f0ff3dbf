/// Channels of a part of a file whose frames must be observed again by the analyzer of the part
/// before: joining what was found of them would not be exact.
public struct RepeatedChannels: Sendable {
  let channels: Set<CompactKey>
  public var isEmpty: Bool { channels.isEmpty }
}

/// What became of the parts of files: nothing that a report says, but what tests want to know.
struct PartCounts {
  var joined = 0
  var abandoned = 0
  /// Of the parts that were joined; an association that two parts have counts twice.
  var associations = 0
  var repeatedChannels = 0
}

extension PacketAnalyzer {
  /// Whether other analyzers may analyze later parts of a file, to be added to this one.
  public static func divides(_ options: AnalysisOptions) -> Bool {
    options.bucketNanoseconds == nil && options.from == nil && options.to == nil
      && options.limits.idleNanoseconds == nil
  }

  /// Goes on with what `part` found of the frames that follow those analyzed so far.
  ///
  /// - Parameters:
  ///   - part: made with `isPart`, and with the same options; it is used up.
  ///   - framesBefore: frames of the file before the part.
  /// - Returns: what is left to `observeAgain`; `nil` where it would be so much that nothing was
  ///   added: the part is to be analyzed as if nobody had.
  public func goOn(with part: PacketAnalyzer, framesBefore: UInt64) -> RepeatedChannels? {
    guard let engine = part.plain.take() else { return nil }
    guard let channels = plain?.goOn(with: engine, framesBefore: framesBefore) else {
      partCounts.abandoned += 1
      return nil
    }
    partCounts.joined += 1
    partCounts.associations += engine.tracker.starts.count
    partCounts.repeatedChannels += channels.count
    return RepeatedChannels(channels: channels)
  }

  /// Observes the frames of `channels` in a chunk of the part that was just added.
  ///
  /// - Parameter reader: begins at 1 to number the frames, like that of the part did.
  /// - Returns: how far the reader got.
  public func observeAgain(
    _ channels: RepeatedChannels, in octets: UnsafeRawBufferPointer, reader: inout CaptureReader,
    file: Int, interfaces: [InterfaceContext], framesBefore: UInt64
  ) -> ReadStep {
    guard let engine = plain.take() else { return ReadStep(consumedOctets: 0, status: .end) }
    var observation = RepeatedObservation(
      of: channels.channels, engine: engine, options: options, file: file, interfaces: interfaces,
      framesBefore: framesBefore)
    let step = reader.readFrames(
      octets, atEnd: false, limit: nil, frameLimit: .max, into: &observation)
    plain = observation.finish()
    return step
  }

  /// Whether something was given up: of a part, so that it counts for nothing.
  public var hasReachedLimit: Bool { plain?.hasReachedLimit ?? false }

  /// Associations of the part so far: what joining it will cost goes by them.
  public var partAssociationCount: Int { plain?.tracker.starts.count ?? 0 }

  /// The part is over. To be called by the thread that analyzed it.
  public func settlePart() { plain?.settlePart() }
}

extension AnalysisEngine where Tracker == SequenceTracker<NoSink> {
  mutating func settlePart() { tracker.settle() }

  var hasReachedLimit: Bool {
    tracker.hasReachedLimit || leftOut.packets > 0 || flows.leftOut.packets > 0
  }

  /// Of so many of its frames at most a part is joined: otherwise it is less work to analyze it.
  private static var repeatedShare: UInt64 { 8 }

  mutating func goOn(
    with part: borrowing AnalysisEngine, framesBefore: UInt64
  ) -> Set<CompactKey>? {
    // One thread decides what is given up, since that depends on the order of all frames.
    guard !hasReachedLimit, contexts.hasRoom(for: part.contexts), flows.hasRoom(for: part.flows)
    else { return nil }
    let translation = KeyTranslation(contextNumbers: contexts.numbers(of: part.contexts))
    let partTotals = part.totals
    let doubtful = tracker.doubtfulChannels(of: part.tracker, translation: translation)
    guard doubtful.frameCount <= partTotals.packets / Self.repeatedShare,
      tracker.earlyBadTags.hasRoom(for: part.tracker.earlyBadTags),
      tracker.hasRoom(
        for: part.tracker, translation: translation, doubtful: doubtful.channels,
        frameCount: partTotals.packets + partTotals.nested)
    else { return nil }
    others.add(partTotals)
    flows.append(part.flows, framesBefore: framesBefore)
    findings.append(part.findings, framesBefore: framesBefore)
    return tracker.goOn(
      with: part.tracker, translation: translation, doubtful: doubtful.channels,
      framesBefore: framesBefore)
  }
}

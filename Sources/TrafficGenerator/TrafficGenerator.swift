public import PacketAnalysis

/// Writes a capture of protected traffic to which known things happen, and says what an observer
/// of it can know.
///
/// The same options and seed give the same octets. First the frames of each flow are planned in
/// their order of arrival, then the flows are shuffled together and written, then the truth is
/// computed from what was written. Memory is bounded by the packets: some 30 octets for each.
public struct TrafficGenerator: Sendable {
  public let options: GeneratorOptions

  public init(options: GeneratorOptions) throws(GeneratorError) {
    try options.validate()
    self.options = options
  }

  /// Writes the capture to `sink` and returns its truth, in the words of an analysis. The report's
  /// only file is called `name`.
  public func run(
    into sink: inout some OctetSink & ~Copyable, name: String
  ) throws(GeneratorError) -> AnalysisReport {
    try write(TrafficPlan(options: options), to: &sink, name: name) { _ in }
  }

  private func write(
    _ plan: consuming TrafficPlan, to sink: inout some OctetSink & ~Copyable, name: String,
    tell: (GeneratorProgress) -> Void
  ) throws(GeneratorError) -> AnalysisReport {
    let emission = try Emission(plan, options: options, sink: &sink, tell: tell)
    return Truth(emission, options: options, file: name).report
  }

  /// Writes the capture to a file, a FIFO or standard output (`-`).
  ///
  /// - Parameters:
  ///   - isStopped: whether the writing is to end early, which then is an error.
  ///   - whenOpen: what is to be done once the file is open, and what it had is gone.
  ///   - tell: is told again and again how much was written.
  public func run(
    path: String, isStopped: @escaping @Sendable () -> Bool = { false },
    whenOpen: () throws(GeneratorError) -> Void = {}, tell: (GeneratorProgress) -> Void = { _ in }
  ) throws(GeneratorError) -> AnalysisReport {
    // What cannot be planned overwrites nothing.
    let plan = try TrafficPlan(options: options)
    var sink = try FileSink(path: path, isStopped: isStopped)
    try whenOpen()
    let report = try write(plan, to: &sink, name: path, tell: tell)
    try sink.close()
    return report
  }

  // What each of the generator's random sequences is for; flows have theirs from `firstFlow` on.
  static let flowChoicePart: UInt64 = 1
  static let orderPart: UInt64 = 2
  static let payloadPart: UInt64 = 3
  static let timePart: UInt64 = 4
  static let firstFlowPart: UInt64 = 16
}

/// How far the writing of a capture is.
public struct GeneratorProgress: Sendable, Equatable {
  /// Frames that were written, and how many there will be.
  public var frames: Int
  public var totalFrames: Int
  /// Of the frames that were written, on the wire.
  public var octets: UInt64
}

/// Why the counts of a report are not exact, and by how much: one limit that was reached.
///
/// The words and figures are the same in the JSON report, the database and the API
/// (`docs/report-formats.md`).
public struct Approximation: Sendable, Equatable {
  public enum Reason: String, Sendable, CaseIterable {
    case maxAssociations, maxEpochs, idleTimeout, silence, maxGaps, maxHeldFrames, maxFlows
    case maxBuckets, maxCopies
  }

  /// What is counted.
  public enum Figure: String, Sendable, CaseIterable {
    case epochs, packets, octets, expected, distinct, lost, skipped, duplicates, reordered, suspects
    case gaps, badTags, missing, skips, askedNanoseconds
  }

  /// A figure with its value.
  public struct Count: Sendable, Equatable {
    public var figure: Figure
    public var value: UInt64

    public init(_ figure: Figure, _ value: UInt64) { (self.figure, self.value) = (figure, value) }
  }

  public var reason: Reason
  /// The limit that was reached; `nil` where it is not one of a number.
  public var limit: UInt64?
  /// In the order of the report.
  public var counts: [Count]

  public init(reason: Reason, limit: UInt64?, counts: [Count]) {
    (self.reason, self.limit, self.counts) = (reason, limit, counts)
  }

  fileprivate init(_ reason: Reason, limit: Int?, _ counts: [Count]) {
    self.init(reason: reason, limit: limit.map { UInt64(clamping: $0) }, counts: counts)
  }
}

extension GivenUp {
  /// One for each limit that was reached.
  public var approximations: [Approximation] {
    var all: [Approximation] = []
    if unfollowed.packets > 0 {
      all.append(.init(.maxAssociations, limit: limits.associations, unfollowed.counts))
    }
    if folded.count > 0 {
      all.append(.init(.maxEpochs, limit: limits.associations, folded.counts))
    }
    if silent.count > 0 {
      all.append(.init(.idleTimeout, limit: limits.associations, silent.counts))
    }
    if judgedBySilence > 0 {
      all.append(.init(.silence, limit: nil, [.init(.packets, judgedBySilence)]))
    }
    if !forgotten.isEmpty {
      all.append(.init(.maxGaps, limit: limits.gaps, forgotten.counts))
    }
    if hastyFrames > 0 {
      all.append(.init(.maxHeldFrames, limit: limits.heldFrames, [.init(.packets, hastyFrames)]))
    }
    if flows.packets > 0 {
      all.append(.init(.maxFlows, limit: limits.associations, flows.counts))
    }
    if let width = askedBucketNanoseconds {
      all.append(
        .init(
          .maxBuckets, limit: limits.buckets, [.init(.askedNanoseconds, UInt64(clamping: width))]))
    }
    if unlistedCopies > 0 {
      all.append(.init(.maxCopies, limit: limits.copies, [.init(.packets, unlistedCopies)]))
    }
    return all
  }
}

extension GivenUp {
  /// What a reader of the report must know, a sentence for each limit that was reached.
  public var sentences: [String] { approximations.map { "approximate: \($0.sentence)" } }
}

extension Approximation {
  private subscript(_ figure: Figure) -> UInt64 {
    counts.first { $0.figure == figure }?.value ?? 0
  }

  fileprivate var sentence: String {
    let limit = grouped(UInt64(clamping: limit ?? 0))
    return switch reason {
    case .maxAssociations:
      "\(frames) (\(counted(self[.octets], "octet"))) of associations beyond the first \(limit) "
        + "were not followed (--max-associations)"
    case .maxEpochs:
      "\(epochs) with \(packets), \(grouped(self[.lost])) lost, have no row of "
        + "their own beyond \(limit) (--max-associations)"
    case .idleTimeout:
      "\(epochs) of associations that were silent, with \(packets), "
        + "\(grouped(self[.lost])) lost, made room for others beyond \(limit) (--idle-timeout, "
        + "--max-associations)"
    case .silence:
      "\(frames) in doubt, judged when a silence of their association followed "
        + "(--idle-timeout)"
    case .maxGaps:
      "the places of \(counted(self[.gaps], "gap"))\(forgottenSkips) beyond \(limit) were forgotten "
        + "(--max-gaps): what of \(counted(self[.missing], "lost number")) came late counts as lost and "
        + "as a duplicate, not as reordered"
    case .maxHeldFrames:
      "\(frames) in doubt, judged early, since more than \(limit) would have had "
        + "to wait"
    case .maxFlows:
      "\(frames) (\(counted(self[.octets], "octet"))) of plain flows beyond the first \(limit) "
        + "were not told apart (--max-associations)"
    case .maxBuckets:
      "the time buckets are wider than was asked for, since there would have been more than "
        + "\(limit) of them"
    case .maxCopies:
      "not listed among suspect frames: "
        + counted(self[.packets], "copy of a single number", "copies of single numbers")
    }
  }

  private var forgottenSkips: String {
    self[.skips] > 0
      ? " and \(counted(self[.skips], "skip")) of \(counted(self[.skipped], "number"))" : ""
  }

  private var frames: String { counted(self[.packets], "frame") }
  private var packets: String { counted(self[.packets], "packet") }
  private var epochs: String { counted(self[.epochs], "epoch") }
}

extension EpochGivenUp {
  /// As of a whole report, without the limits.
  public var approximations: [Approximation] {
    var all: [Approximation] = []
    if !forgotten.isEmpty { all.append(.init(.maxGaps, limit: nil, forgotten.counts)) }
    if hastyFrames > 0 {
      all.append(.init(.maxHeldFrames, limit: nil, [.init(.packets, hastyFrames)]))
    }
    return all
  }
}

extension GivenUp.Frames {
  fileprivate var counts: [Approximation.Count] {
    [.init(.packets, packets), .init(.octets, octets)]
  }
}

extension ForgottenRanges {
  fileprivate var counts: [Approximation.Count] {
    [.init(.gaps, gaps), .init(.missing, missing), .init(.skips, skips), .init(.skipped, skipped)]
  }
}

extension RowlessEpochs {
  fileprivate var counts: [Approximation.Count] { [.init(.epochs, count)] + sums.counts }
}

extension AssociationSums {
  fileprivate var counts: [Approximation.Count] {
    [
      .init(.packets, packets), .init(.octets, octets), .init(.expected, expected),
      .init(.distinct, distinct), .init(.lost, lost), .init(.skipped, skipped),
      .init(.duplicates, duplicates), .init(.reordered, reordered), .init(.suspects, suspects),
      .init(.gaps, gaps), .init(.badTags, badTags),
    ]
  }
}

import PacketAnalysis

// Why the counts of a run, and which of its associations', are not exact, where they are not.

extension Schema {
  /// Reasons and figures are those of `Approximation`, written out: a further one takes a further step.
  static let approximations = """
    CREATE TABLE approximation (
      run INTEGER NOT NULL REFERENCES run,
      position INTEGER NOT NULL,
      reason TEXT NOT NULL
        CHECK (reason = 'maxAssociations' OR reason = 'maxEpochs' OR reason = 'idleTimeout'
          OR reason = 'silence' OR reason = 'maxGaps' OR reason = 'maxHeldFrames'
          OR reason = 'maxFlows' OR reason = 'maxBuckets' OR reason = 'maxCopies'),
      limit_value INTEGER,
      epochs INTEGER,
      packets INTEGER,
      octets INTEGER,
      expected INTEGER,
      distinct_numbers INTEGER,
      lost INTEGER,
      skipped INTEGER,
      duplicates INTEGER,
      reordered INTEGER,
      suspects INTEGER,
      gaps INTEGER,
      bad_tags INTEGER,
      missing INTEGER,
      skips INTEGER,
      asked_ns INTEGER,
      PRIMARY KEY (run, position)
    ) STRICT, WITHOUT ROWID;
    """

  /// `EpochGivenUp`, for the associations that have one; and how often a silent one went on.
  static let associationApproximations = """
    ALTER TABLE run ADD COLUMN reopenings INTEGER NOT NULL DEFAULT 0;

    CREATE TABLE association_approximation (
      run INTEGER NOT NULL,
      association INTEGER NOT NULL,
      forgotten_gaps INTEGER NOT NULL,
      forgotten_missing INTEGER NOT NULL,
      forgotten_skips INTEGER NOT NULL,
      forgotten_skipped INTEGER NOT NULL,
      hasty_packets INTEGER NOT NULL,
      PRIMARY KEY (run, association),
      FOREIGN KEY (run, association) REFERENCES association
    ) STRICT, WITHOUT ROWID;
    """
}

extension Approximation.Figure {
  /// Its column of the table; NULL where the reason does not have it.
  var column: String {
    switch self {
    case .distinct: "distinct_numbers"
    case .badTags: "bad_tags"
    case .askedNanoseconds: "asked_ns"
    default: rawValue
    }
  }
}

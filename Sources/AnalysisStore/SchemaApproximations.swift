import PacketAnalysis

// Why the counts of a run are not exact, where they are not.

extension Schema {
  static let approximations: String = {
    let reasons = Approximation.Reason.allCases.map { "reason = '\($0)'" }
    let figures = Approximation.Figure.allCases.map { "\($0.column) INTEGER" }
    return """
      CREATE TABLE approximation (
        run INTEGER NOT NULL REFERENCES run,
        position INTEGER NOT NULL,
        reason TEXT NOT NULL
          CHECK (\(reasons.joined(separator: " OR "))),
        limit_value INTEGER,
        \(figures.joined(separator: ",\n  ")),
        PRIMARY KEY (run, position)
      ) STRICT, WITHOUT ROWID;
      """
  }()
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

// What associations add up to, and which of them a channel has: to be known without a look at all of
// them.

extension Schema {
  /// Sums are those of `AssociationShare`, written out: a further one takes a further step. Each is at most
  /// 2^63 - 1, as all counts; what SQLite cannot add up in integers becomes a larger real number.
  static let sums = """
    CREATE TABLE share (
      run INTEGER NOT NULL,
      position INTEGER NOT NULL,
      point INTEGER NOT NULL,
      protocol TEXT NOT NULL
        CHECK (protocol = 'macsec' OR protocol = 'esp' OR protocol = 'ah'),
      associations INTEGER NOT NULL,
      packets INTEGER NOT NULL,
      octets INTEGER NOT NULL,
      expected INTEGER NOT NULL,
      distinct_numbers INTEGER NOT NULL,
      lost INTEGER NOT NULL,
      lost_blind INTEGER NOT NULL,
      skipped INTEGER NOT NULL,
      duplicates INTEGER NOT NULL,
      reordered INTEGER NOT NULL,
      suspects INTEGER NOT NULL,
      gaps INTEGER NOT NULL,
      PRIMARY KEY (run, position),
      FOREIGN KEY (run, point) REFERENCES point
    ) STRICT, WITHOUT ROWID;

    INSERT INTO share
    SELECT a.run,
      row_number() OVER (PARTITION BY a.run ORDER BY c.point, c.protocol) - 1,
      c.point, c.protocol, count(*),
      \(sum(of: "packets")),
      \(sum(of: "octets")),
      \(sum(of: "expected")),
      \(sum(of: "distinct_numbers")),
      \(sum(of: "lost")),
      \(sum(of: "lost_blind")),
      \(sum(of: "skipped")),
      \(sum(of: "duplicates")),
      \(sum(of: "reordered")),
      \(sum(of: "suspects")),
      \(sum(of: "gaps"))
    FROM association AS a JOIN channel AS c ON c.run = a.run AND c.position = a.channel
    GROUP BY a.run, c.point, c.protocol;

    CREATE INDEX association_by_channel ON association (run, channel);
    """

  private static func sum(of column: String) -> String {
    "min(sum(a.\(column) >> 32) * 4294967296 + sum(a.\(column) & 4294967295), "
      + "9223372036854775807)"
  }
}

// What associations add up to, and which of them a channel has: to be known without a look at all of
// them.

extension Schema {
  /// Sums are those of `AssociationShare`. Each is at most 2^63 - 1, as all counts; what SQLite cannot
  /// add up in integers becomes a larger real number.
  static let sums: String = {
    let columns = AssociationShare.columns.map(\.name)
    let sums = columns.map { name in
      """
      min(sum(a.\(name) >> 32) * 4294967296 + sum(a.\(name) & 4294967295), 9223372036854775807)
      """
    }
    return """
      CREATE TABLE share (
        run INTEGER NOT NULL,
        position INTEGER NOT NULL,
        point INTEGER NOT NULL,
        protocol TEXT NOT NULL
          CHECK (protocol = 'macsec' OR protocol = 'esp' OR protocol = 'ah'),
        associations INTEGER NOT NULL,
        \(columns.map { "\($0) INTEGER NOT NULL" }.joined(separator: ",\n  ")),
        PRIMARY KEY (run, position),
        FOREIGN KEY (run, point) REFERENCES point
      ) STRICT, WITHOUT ROWID;

      INSERT INTO share
      SELECT a.run,
        row_number() OVER (PARTITION BY a.run ORDER BY c.point, c.protocol) - 1,
        c.point, c.protocol, count(*), \(sums.joined(separator: ", "))
      FROM association AS a JOIN channel AS c ON c.run = a.run AND c.position = a.channel
      GROUP BY a.run, c.point, c.protocol;

      CREATE INDEX association_by_channel ON association (run, channel);
      """
  }()
}

// What happened when, of a run that is stored while it lasts, and how it was stored.

extension Schema {
  /// History names an association by its `id`: its position may change while the run lasts. Time
  /// comes before it in the key, so that what grows old lies together and is taken out at one end.
  static let history = """
    CREATE TABLE progress (
      run INTEGER PRIMARY KEY REFERENCES run,
      ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
      process_id INTEGER NOT NULL,
      process_started INTEGER NOT NULL,
      began INTEGER NOT NULL,
      stored_until INTEGER NOT NULL,
      states INTEGER NOT NULL CHECK (states >= 0),
      late_states INTEGER NOT NULL CHECK (late_states >= 0),
      failed_states INTEGER NOT NULL CHECK (failed_states >= 0)
    ) STRICT;

    CREATE TABLE history (
      run INTEGER NOT NULL REFERENCES run,
      width_s INTEGER NOT NULL CHECK (width_s = 1 OR width_s = 60 OR width_s = 3600),
      start INTEGER NOT NULL,
      id INTEGER NOT NULL,
      packets INTEGER NOT NULL,
      octets INTEGER NOT NULL,
      lost INTEGER NOT NULL,
      lost_blind INTEGER NOT NULL,
      skipped INTEGER NOT NULL,
      duplicates INTEGER NOT NULL,
      reordered INTEGER NOT NULL,
      suspects INTEGER NOT NULL,
      PRIMARY KEY (run, width_s, start, id)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX history_by_id ON history (run, id, width_s, start);

    CREATE TABLE point_history (
      run INTEGER NOT NULL,
      width_s INTEGER NOT NULL CHECK (width_s = 1 OR width_s = 60 OR width_s = 3600),
      start INTEGER NOT NULL,
      point INTEGER NOT NULL,
      packets INTEGER NOT NULL,
      octets INTEGER NOT NULL,
      drops INTEGER NOT NULL,
      lost INTEGER NOT NULL,
      lost_blind INTEGER NOT NULL,
      skipped INTEGER NOT NULL,
      duplicates INTEGER NOT NULL,
      reordered INTEGER NOT NULL,
      suspects INTEGER NOT NULL,
      PRIMARY KEY (run, width_s, start, point),
      FOREIGN KEY (run, point) REFERENCES point
    ) STRICT, WITHOUT ROWID;
    """
}

// What speaks for the capture itself as the one that lost packets.

extension Schema {
  static let captureLosses = """
    CREATE TABLE capture_loss (
      run INTEGER NOT NULL,
      position INTEGER NOT NULL,
      point INTEGER NOT NULL,
      start_time INTEGER NOT NULL,
      end_time INTEGER NOT NULL CHECK (end_time > start_time),
      associations INTEGER NOT NULL CHECK (associations > 0),
      active_associations INTEGER NOT NULL CHECK (active_associations >= associations),
      senders INTEGER NOT NULL CHECK (senders > 0),
      gaps INTEGER NOT NULL CHECK (gaps > 0),
      lost INTEGER NOT NULL CHECK (lost > 0),
      PRIMARY KEY (run, position),
      FOREIGN KEY (run, point) REFERENCES point
    ) STRICT, WITHOUT ROWID;
    """
}

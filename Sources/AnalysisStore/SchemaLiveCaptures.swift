// A capture may be of an interface.

extension Schema {
  /// SQLite cannot change a check: the table is made anew. Nothing refers to it.
  static let liveCaptures = """
    CREATE TABLE capture_3 (
      run INTEGER NOT NULL,
      position INTEGER NOT NULL,
      file INTEGER NOT NULL,
      point INTEGER NOT NULL,
      format TEXT NOT NULL CHECK (format IN ('pcap', 'pcapng', 'live')),
      link_type INTEGER NOT NULL CHECK (link_type BETWEEN 0 AND 65535),
      packets INTEGER NOT NULL CHECK (packets >= 0),
      octets INTEGER NOT NULL CHECK (octets >= 0),
      first_time INTEGER,
      last_time INTEGER CHECK (last_time >= first_time),
      damage_offset INTEGER,
      damage_reason TEXT,
      captured_drops INTEGER,
      time_steps INTEGER NOT NULL,
      snap_length INTEGER NOT NULL,
      snapped_frames INTEGER NOT NULL,
      longest_frame_octets INTEGER NOT NULL,
      PRIMARY KEY (run, position),
      FOREIGN KEY (run, file) REFERENCES file,
      FOREIGN KEY (run, point) REFERENCES point,
      CHECK ((damage_offset IS NULL) = (damage_reason IS NULL))
    ) STRICT, WITHOUT ROWID;
    INSERT INTO capture_3 SELECT * FROM capture;
    DROP TABLE capture;
    ALTER TABLE capture_3 RENAME TO capture;
    """
}

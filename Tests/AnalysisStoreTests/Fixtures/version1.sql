-- A database of version 1 with one run, frozen: the schema as its first release made it.
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1196639056;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES ('1 tables');

CREATE TABLE run (
  run INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 16),
  complete INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
  stored_at INTEGER NOT NULL DEFAULT (unixepoch()),
  packets INTEGER NOT NULL CHECK (packets >= 0),
  octets INTEGER NOT NULL CHECK (octets >= 0),
  first_time INTEGER,
  last_time INTEGER CHECK (last_time >= first_time),
  macsec INTEGER NOT NULL,
  esp INTEGER NOT NULL,
  ah INTEGER NOT NULL,
  mka INTEGER NOT NULL,
  eapol INTEGER NOT NULL,
  ike INTEGER NOT NULL,
  plain INTEGER NOT NULL,
  fragments INTEGER NOT NULL,
  other INTEGER NOT NULL,
  malformed INTEGER NOT NULL,
  truncated INTEGER NOT NULL,
  nested INTEGER NOT NULL,
  bucket_ns INTEGER CHECK (bucket_ns > 0),
  horizon INTEGER NOT NULL,
  tracking_window INTEGER NOT NULL,
  restart_numbers INTEGER NOT NULL,
  confirmations INTEGER NOT NULL,
  fastest_frames_per_second INTEGER NOT NULL,
  retire_ns INTEGER NOT NULL,
  from_time INTEGER,
  to_time INTEGER
) STRICT;

CREATE TABLE option_ether_type (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  ether_type INTEGER NOT NULL CHECK (ether_type BETWEEN 0 AND 65535),
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE option_esp_port (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  port INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE point (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE capture (
  run INTEGER NOT NULL,
  position INTEGER NOT NULL,
  file INTEGER NOT NULL,
  point INTEGER NOT NULL,
  format TEXT NOT NULL CHECK (format IN ('pcap', 'pcapng')),
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

CREATE TABLE blind (
  run INTEGER NOT NULL,
  position INTEGER NOT NULL,
  point INTEGER NOT NULL,
  start_time INTEGER,
  end_time INTEGER,
  reason TEXT NOT NULL,
  drops INTEGER NOT NULL CHECK (drops >= 0),
  PRIMARY KEY (run, position),
  FOREIGN KEY (run, point) REFERENCES point
) STRICT, WITHOUT ROWID;

CREATE TABLE channel (
  run INTEGER NOT NULL,
  position INTEGER NOT NULL,
  point INTEGER NOT NULL,
  protocol TEXT NOT NULL
    CHECK (protocol = 'macsec' OR protocol = 'esp' OR protocol = 'ah'),
  sci BLOB,
  vlan1 INTEGER CHECK (vlan1 BETWEEN 0 AND 4095),
  vlan2 INTEGER CHECK (vlan2 BETWEEN 0 AND 4095),
  vlan3 INTEGER CHECK (vlan3 BETWEEN 0 AND 4095),
  vlan4 INTEGER CHECK (vlan4 BETWEEN 0 AND 4095),
  vlan5 INTEGER CHECK (vlan5 BETWEEN 0 AND 4095),
  source_ip BLOB CHECK (length(source_ip) IN (4, 16)),
  destination_ip BLOB CHECK (length(destination_ip) IN (4, 16)),
  spi INTEGER CHECK (spi BETWEEN 0 AND 4294967295),
  source_port INTEGER CHECK (source_port BETWEEN 0 AND 65535),
  destination_port INTEGER CHECK (destination_port BETWEEN 0 AND 65535),
  PRIMARY KEY (run, position),
  FOREIGN KEY (run, point) REFERENCES point,
  CHECK (CASE protocol
    WHEN 'macsec' THEN sci IS NOT NULL AND length(sci) = 8 AND spi IS NULL
      AND source_ip IS NULL AND destination_ip IS NULL AND source_port IS NULL
    ELSE sci IS NULL AND spi IS NOT NULL
      AND source_ip IS NOT NULL AND destination_ip IS NOT NULL END),
  CHECK ((source_port IS NULL) = (destination_port IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE association (
  run INTEGER NOT NULL,
  position INTEGER NOT NULL,
  id INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  an INTEGER CHECK (an BETWEEN 0 AND 3),
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  sci_source TEXT
    CHECK (sci_source = 'explicit' OR sci_source = 'endStation'
      OR sci_source = 'singleCopyBroadcast' OR sci_source = 'implicit'),
  vlan1 INTEGER CHECK (vlan1 BETWEEN 0 AND 4095),
  vlan2 INTEGER CHECK (vlan2 BETWEEN 0 AND 4095),
  vlan3 INTEGER CHECK (vlan3 BETWEEN 0 AND 4095),
  vlan4 INTEGER CHECK (vlan4 BETWEEN 0 AND 4095),
  vlan5 INTEGER CHECK (vlan5 BETWEEN 0 AND 4095),
  encrypted INTEGER NOT NULL CHECK (encrypted IN (0, 1)),
  changed INTEGER NOT NULL CHECK (changed IN (0, 1)),
  bad_tags INTEGER NOT NULL,
  source_mac BLOB CHECK (length(source_mac) = 6),
  destination_mac BLOB CHECK (length(destination_mac) = 6),
  packets INTEGER NOT NULL,
  octets INTEGER NOT NULL,
  first_time INTEGER,
  last_time INTEGER CHECK (last_time >= first_time),
  first_file INTEGER NOT NULL,
  first_frame INTEGER NOT NULL,
  first_frame_time INTEGER,
  lowest_number INTEGER,
  highest_number INTEGER,
  distinct_numbers INTEGER NOT NULL,
  lost_blind INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  reordered INTEGER NOT NULL,
  suspects INTEGER NOT NULL,
  gaps INTEGER NOT NULL,
  inter_arrival_min_ns INTEGER,
  inter_arrival_mean_ns INTEGER,
  inter_arrival_max_ns INTEGER,
  expected INTEGER NOT NULL
    GENERATED ALWAYS AS (coalesce(highest_number - lowest_number + 1 - skipped, 0)) VIRTUAL,
  lost INTEGER NOT NULL
    GENERATED ALWAYS AS (coalesce(highest_number - lowest_number + 1 - skipped, 0)
      - distinct_numbers) VIRTUAL,
  PRIMARY KEY (run, position),
  FOREIGN KEY (run, channel) REFERENCES channel,
  CHECK (packets = distinct_numbers + duplicates + suspects),
  CHECK (lost >= 0)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX association_by_id ON association (run, id);
CREATE INDEX association_by_lost ON association (run, lost) WHERE lost > 0;

CREATE TABLE further_mac (
  run INTEGER NOT NULL,
  association INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('source', 'destination')),
  mac BLOB NOT NULL CHECK (length(mac) = 6),
  PRIMARY KEY (run, association, role, mac),
  FOREIGN KEY (run, association) REFERENCES association
) STRICT, WITHOUT ROWID;

CREATE TABLE gap (
  run INTEGER NOT NULL,
  association INTEGER NOT NULL,
  first_missing INTEGER NOT NULL,
  last_missing INTEGER NOT NULL CHECK (last_missing >= first_missing),
  before_file INTEGER NOT NULL,
  before_frame INTEGER NOT NULL,
  before_time INTEGER,
  after_file INTEGER NOT NULL,
  after_frame INTEGER NOT NULL,
  after_time INTEGER,
  cause TEXT,
  provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
  missing INTEGER NOT NULL
    GENERATED ALWAYS AS (last_missing - first_missing + 1) VIRTUAL,
  PRIMARY KEY (run, association, first_missing),
  FOREIGN KEY (run, association) REFERENCES association
) STRICT, WITHOUT ROWID;

CREATE INDEX gap_by_time ON gap (run, after_time);

CREATE TABLE skip (
  run INTEGER NOT NULL,
  association INTEGER NOT NULL,
  first_skipped INTEGER NOT NULL,
  last_skipped INTEGER NOT NULL CHECK (last_skipped >= first_skipped),
  before_file INTEGER NOT NULL,
  before_frame INTEGER NOT NULL,
  before_time INTEGER,
  after_file INTEGER NOT NULL,
  after_frame INTEGER NOT NULL,
  after_time INTEGER,
  skipped INTEGER NOT NULL
    GENERATED ALWAYS AS (last_skipped - first_skipped + 1) VIRTUAL,
  PRIMARY KEY (run, association, first_skipped),
  FOREIGN KEY (run, association) REFERENCES association
) STRICT, WITHOUT ROWID;

CREATE TABLE suspect (
  run INTEGER NOT NULL,
  position INTEGER NOT NULL,
  association INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 4294967295),
  file INTEGER NOT NULL,
  frame INTEGER NOT NULL,
  time INTEGER,
  PRIMARY KEY (run, position),
  FOREIGN KEY (run, association) REFERENCES association
) STRICT, WITHOUT ROWID;

CREATE TABLE bucket (
  run INTEGER NOT NULL REFERENCES run,
  association INTEGER,
  start INTEGER,
  packets INTEGER NOT NULL,
  octets INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  reordered INTEGER NOT NULL,
  suspects INTEGER NOT NULL,
  FOREIGN KEY (run, association) REFERENCES association
) STRICT;

CREATE UNIQUE INDEX bucket_by_association ON bucket (run, association, start);
CREATE INDEX bucket_by_time ON bucket (run, start);

CREATE TABLE flow (
  run INTEGER NOT NULL,
  position INTEGER NOT NULL,
  point INTEGER NOT NULL,
  ip_protocol INTEGER NOT NULL CHECK (ip_protocol BETWEEN 0 AND 255),
  source_ip BLOB NOT NULL CHECK (length(source_ip) IN (4, 16)),
  destination_ip BLOB NOT NULL CHECK (length(destination_ip) IN (4, 16)),
  source_port INTEGER NOT NULL CHECK (source_port BETWEEN 0 AND 65535),
  destination_port INTEGER NOT NULL CHECK (destination_port BETWEEN 0 AND 65535),
  packets INTEGER NOT NULL,
  octets INTEGER NOT NULL,
  first_time INTEGER,
  last_time INTEGER CHECK (last_time >= first_time),
  first_file INTEGER NOT NULL,
  first_frame INTEGER NOT NULL,
  first_frame_time INTEGER,
  PRIMARY KEY (run, position),
  FOREIGN KEY (run, point) REFERENCES point
) STRICT, WITHOUT ROWID;

CREATE TABLE malformed (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  layer TEXT NOT NULL,
  reason TEXT NOT NULL,
  frames INTEGER NOT NULL,
  file INTEGER NOT NULL,
  frame INTEGER NOT NULL,
  time INTEGER,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  time INTEGER,
  kind TEXT NOT NULL,
  point INTEGER,
  association INTEGER,
  detail TEXT,
  PRIMARY KEY (run, position),
  FOREIGN KEY (run, point) REFERENCES point,
  FOREIGN KEY (run, association) REFERENCES association
) STRICT, WITHOUT ROWID;

CREATE INDEX event_by_time ON event (run, time);

INSERT INTO run (run, fingerprint, complete, stored_at, packets, octets, first_time, last_time,
  macsec, esp, ah, mka, eapol, ike, plain, fragments, other, malformed, truncated, nested,
  horizon, tracking_window, restart_numbers, confirmations, fastest_frames_per_second, retire_ns)
VALUES (1, x'000102030405060708090a0b0c0d0e0f', 1, 1700000000, 8, 512, 1000, 9000,
  8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  65536, 1024, 64, 4, 1200000000, 3000000000);
INSERT INTO point VALUES (1, 0, 'default');
INSERT INTO file VALUES (1, 0, 'version1.pcap');
INSERT INTO capture (run, position, file, point, format, link_type, packets, octets, first_time,
  last_time, time_steps, snap_length, snapped_frames, longest_frame_octets)
VALUES (1, 0, 0, 0, 'pcap', 1, 8, 512, 1000, 9000, 0, 65535, 0, 64);
INSERT INTO channel (run, position, point, protocol, sci)
VALUES (1, 0, 0, 'macsec', x'02000000000a0001');
INSERT INTO association (run, position, id, channel, an, epoch, sci_source, encrypted, changed,
  bad_tags, source_mac, destination_mac, packets, octets, first_time, last_time, first_file,
  first_frame, first_frame_time, lowest_number, highest_number, distinct_numbers, lost_blind,
  skipped, duplicates, reordered, suspects, gaps)
VALUES (1, 0, -1, 0, 3, 0, 'explicit', 1, 1, 0, x'02000000000a', x'02000000000b', 8, 512, 1000,
  9000, 0, 1, 1000, 1, 10, 8, 0, 0, 0, 0, 0, 1);
INSERT INTO gap (run, association, first_missing, last_missing, before_file, before_frame,
  before_time, after_file, after_frame, after_time, provisional)
VALUES (1, 0, 5, 6, 0, 4, 4000, 0, 5, 5000, 0);

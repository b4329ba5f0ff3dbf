-- A database of version 4 with one run, frozen: the schema as it was before sums.
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1196639056;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1 tables');
INSERT INTO grdb_migrations VALUES('2 views');
INSERT INTO grdb_migrations VALUES('3 live captures');
INSERT INTO grdb_migrations VALUES('4 history');
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
INSERT INTO run VALUES(1,X'33142122037a1600c2877a890f7a0ed6',1,1795845634,60,21634,1700000000000000000,1700000000000058000,20,25,15,0,0,0,0,0,0,0,0,0,10000000,65536,1024,64,4,1200000000,3000000000,NULL,NULL);
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
INSERT INTO point VALUES(1,0,'left');
CREATE TABLE file (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
INSERT INTO file VALUES(1,0,'v4.pcap');
CREATE TABLE note (
  run INTEGER NOT NULL REFERENCES run,
  position INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, position)
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
INSERT INTO channel VALUES(1,0,0,'esp',NULL,NULL,NULL,NULL,NULL,NULL,X'20010db8000000010000000000000002',X'20010db8000000020000000000004531',324726183,NULL,NULL);
INSERT INTO channel VALUES(1,1,0,'ah',NULL,NULL,NULL,NULL,NULL,NULL,X'0a000003',X'ac10b83d',2097436137,NULL,NULL);
INSERT INTO channel VALUES(1,2,0,'macsec',X'0200000000000ccf',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO association VALUES(1,0,-5299244582739090238,0,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,X'020000000001',X'060000000069',25,10138,1700000000000000000,1700000000000056000,0,1,1700000000000000000,340490671,340490710,25,0,0,0,0,0,9,1000,2333,6000);
INSERT INTO association VALUES(1,1,-8147613851594554145,1,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,0,0,0,X'020000000002',X'0600000000d6',15,5590,1700000000000001000,1700000000000056000,0,2,1700000000000001000,1,18,15,0,0,0,0,0,2,1000,3928,11000);
INSERT INTO association VALUES(1,2,8374699861038275472,2,0,0,'explicit',NULL,NULL,NULL,NULL,NULL,1,1,0,X'020000000000',X'0600000000bd',20,5906,1700000000000008000,1700000000000058000,0,9,1700000000000008000,1,23,20,0,0,0,0,0,2,0,2631,8000);
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
INSERT INTO gap VALUES(1,0,340490676,340490676,0,8,1700000000000006000,0,12,1700000000000010000,NULL,0);
INSERT INTO gap VALUES(1,0,340490678,340490678,0,12,1700000000000010000,0,13,1700000000000011000,NULL,0);
INSERT INTO gap VALUES(1,0,340490684,340490684,0,22,1700000000000020000,0,23,1700000000000021000,NULL,0);
INSERT INTO gap VALUES(1,0,340490686,340490686,0,23,1700000000000021000,0,26,1700000000000024000,NULL,0);
INSERT INTO gap VALUES(1,0,340490691,340490691,0,31,1700000000000029000,0,32,1700000000000030000,NULL,0);
INSERT INTO gap VALUES(1,0,340490693,340490695,0,32,1700000000000030000,0,36,1700000000000035000,NULL,0);
INSERT INTO gap VALUES(1,0,340490697,340490697,0,36,1700000000000035000,0,42,1700000000000041000,NULL,0);
INSERT INTO gap VALUES(1,0,340490701,340490703,0,47,1700000000000046000,0,50,1700000000000048000,NULL,0);
INSERT INTO gap VALUES(1,0,340490706,340490708,0,53,1700000000000050000,0,56,1700000000000053000,NULL,0);
INSERT INTO gap VALUES(1,1,3,3,0,4,1700000000000004000,0,6,1700000000000005000,NULL,0);
INSERT INTO gap VALUES(1,1,11,12,0,40,1700000000000039000,0,44,1700000000000043000,NULL,0);
INSERT INTO gap VALUES(1,2,6,6,0,21,1700000000000019000,0,24,1700000000000022000,NULL,0);
INSERT INTO gap VALUES(1,2,21,22,0,52,1700000000000050000,0,60,1700000000000058000,NULL,0);
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
INSERT INTO bucket VALUES(1,0,1700000000000000000,25,10138,15,0,0,0,0);
INSERT INTO bucket VALUES(1,1,1700000000000000000,15,5590,3,0,0,0,0);
INSERT INTO bucket VALUES(1,2,1700000000000000000,20,5906,3,0,0,0,0);
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
CREATE TABLE IF NOT EXISTS "capture" (
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
INSERT INTO capture VALUES(1,0,0,0,'pcap',1,60,21634,1700000000000000000,1700000000000058000,NULL,NULL,NULL,0,262144,0,1514);
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
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('run',1);
CREATE UNIQUE INDEX association_by_id ON association (run, id);
CREATE INDEX association_by_lost ON association (run, lost) WHERE lost > 0;
CREATE INDEX gap_by_time ON gap (run, after_time);
CREATE UNIQUE INDEX bucket_by_association ON bucket (run, association, start);
CREATE INDEX bucket_by_time ON bucket (run, start);
CREATE INDEX event_by_time ON event (run, time);
CREATE VIEW complete_run AS SELECT * FROM run WHERE complete = 1;
CREATE VIEW association_report AS
SELECT a.run, a.position, printf('%016x', a.id) AS id, p.name AS point, c.protocol,
  c.sci, a.an, c.source_ip, c.destination_ip, c.spi, c.source_port, c.destination_port,
  a.epoch, a.packets, a.octets, a.first_time, a.last_time, a.lowest_number, a.highest_number,
  a.expected, a.distinct_numbers, a.lost, a.lost_blind, a.skipped, a.duplicates, a.reordered,
  a.suspects, a.gaps
FROM association AS a
JOIN channel AS c ON c.run = a.run AND c.position = a.channel
JOIN point AS p ON p.run = c.run AND p.position = c.point
WHERE a.run IN (SELECT run FROM run WHERE complete = 1);
CREATE VIEW gap_report AS
SELECT g.run, printf('%016x', a.id) AS association, c.protocol, c.sci, a.an, c.spi,
  g.first_missing, g.last_missing, g.missing, g.cause, g.provisional,
  bf.name AS before_file, g.before_frame, g.before_time,
  af.name AS after_file, g.after_frame, g.after_time
FROM gap AS g
JOIN association AS a ON a.run = g.run AND a.position = g.association
JOIN channel AS c ON c.run = a.run AND c.position = a.channel
LEFT JOIN file AS bf ON bf.run = g.run AND bf.position = g.before_file
LEFT JOIN file AS af ON af.run = g.run AND af.position = g.after_file
WHERE g.run IN (SELECT run FROM run WHERE complete = 1);
CREATE INDEX history_by_id ON history (run, id, width_s, start);
COMMIT;

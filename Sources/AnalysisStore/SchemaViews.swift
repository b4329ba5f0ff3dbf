// What people ask for, with the names and keys beside the numbers, and of complete runs only.

extension Schema {
  static let views = """
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
    """
}

internal import GRDB
internal import PacketAnalysis

extension RunReader {
  func gaps(of identifiers: AssociationIdentifiers) throws -> [SequenceGap] {
    try rows("gap", orderedBy: "association, first_missing") { row in
      var gap = try Self.range(row, "missing", of: identifiers)
      gap.cause = row["cause"]
      gap.provisional = row["provisional"]
      return gap
    }
  }

  func skips(of identifiers: AssociationIdentifiers) throws -> [SequenceGap] {
    try rows("skip", orderedBy: "association, first_skipped") {
      try Self.range($0, "skipped", of: identifiers)
    }
  }

  private static func range(_ row: Row, _ word: String, of identifiers: AssociationIdentifiers)
    throws -> SequenceGap
  {
    let numbers = try row.numbers("first_\(word)", "last_\(word)")
    return SequenceGap(
      association: try identifiers.required(by: "association", of: row),
      firstMissing: numbers.first, lastMissing: numbers.last,
      before: row.frame("before_file", "before_frame", "before_time"),
      after: row.frame("after_file", "after_frame", "after_time"))
  }

  func suspects(of identifiers: AssociationIdentifiers) throws -> [SuspectFrame] {
    try rows("suspect", orderedBy: "position") { row in
      SuspectFrame(
        association: try identifiers.required(by: "association", of: row),
        number: row.integer("number"),
        frame: row.frame("file", "frame", "time"))
    }
  }

  /// In the order of the report; frames of no association come last, those without a time first.
  func buckets(of identifiers: AssociationIdentifiers) throws -> [TimeBucket] {
    try rows("bucket", orderedBy: "association IS NULL, association, start") { row in
      var bucket = TimeBucket(
        association: try identifiers.named(by: "association", of: row) ?? 0,
        start: row.time("start"))
      bucket.packets = row.count("packets")
      bucket.octets = row.count("octets")
      bucket.lost = row.count("lost")
      bucket.skipped = row.count("skipped")
      bucket.duplicates = row.count("duplicates")
      bucket.reordered = row.count("reordered")
      bucket.suspects = row.count("suspects")
      return bucket
    }
  }

  func flows() throws -> [FlowSummary] {
    try rows("flow", orderedBy: "position", Self.flow)
  }

  static func flow(_ row: Row) -> FlowSummary {
    var flow = FlowSummary(
      key: FlowKey(
        point: row.integer("point"), ipProtocol: row.integer("ip_protocol"),
        source: row.ipAddress("source_ip"),
        destination: row.ipAddress("destination_ip"), sourcePort: row.integer("source_port"),
        destinationPort: row.integer("destination_port")))
    flow.packets = row.count("packets")
    flow.octets = row.count("octets")
    flow.firstTime = row.time("first_time")
    flow.lastTime = row.time("last_time")
    flow.firstFrame = row.frame("first_file", "first_frame", "first_frame_time")
    return flow
  }

  func malformed() throws -> [MalformedSummary] {
    try rows("malformed", orderedBy: "position") { row in
      MalformedSummary(
        layer: row["layer"], reason: row["reason"], count: row.count("frames"),
        firstFrame: row.frame("file", "frame", "time"))
    }
  }
}

internal import PacketAnalysis

extension RunWriter {
  /// Adds what was found about associations: gaps, skips, suspect frames and buckets.
  func writeFindings(of run: Int64, positions: AssociationPositions) throws {
    func position(of association: UInt64) throws -> Int {
      guard let position = positions[association] else { throw UnknownAssociation(id: association) }
      return position
    }

    let gapColumns = Self.columns("missing") + ["cause", "provisional"]
    try insert(report.gaps, into: "gap", columns: gapColumns, keyCount: 2) { row, _, gap in
      row.write(run)
      row.write(try position(of: gap.association))
      row.write(gap)
      row.write(text: gap.cause)
      row.write(gap.provisional)
    }

    try insert(report.skips, into: "skip", columns: Self.columns("skipped"), keyCount: 2) {
      row, _, skip in
      row.write(run)
      row.write(try position(of: skip.association))
      row.write(skip)
    }

    let suspectColumns = ["run", "position", "association", "number", "file", "frame", "time"]
    try insert(report.suspectFrames, into: "suspect", columns: suspectColumns) {
      row, index, suspect in
      row.write(run)
      row.write(index)
      row.write(try position(of: suspect.association))
      row.write(suspect.number)
      row.write(suspect.frame)
    }

    let bucketColumns = [
      "run", "association", "start", "packets", "octets", "lost", "skipped", "duplicates",
      "reordered", "suspects",
    ]
    try insert(report.buckets, into: "bucket", columns: bucketColumns, keyCount: 2) {
      row, _, bucket in
      row.write(run)
      // Identifier 0 without an association of that identifier: frames of no association.
      if bucket.association == 0, positions[0] == nil {
        row.writeNull()
      } else {
        row.write(try position(of: bucket.association))
      }
      row.write(bucket.start)
      row.write(bucket.packets)
      row.write(bucket.octets)
      row.write(bucket.lost)
      row.write(bucket.skipped)
      row.write(bucket.duplicates)
      row.write(bucket.reordered)
      row.write(bucket.suspects)
    }
  }

  /// Adds what was found outside associations: plain flows and malformed frames.
  func writeFlows(of run: Int64) throws {
    let flowColumns = [
      "run", "position", "point", "ip_protocol", "source_ip", "destination_ip", "source_port",
      "destination_port", "packets", "octets", "first_time", "last_time", "first_file",
      "first_frame", "first_frame_time",
    ]
    try insert(report.flows, into: "flow", columns: flowColumns) { row, position, flow in
      row.write(run)
      row.write(position)
      row.write(flow.key.point)
      row.write(Int64(flow.key.ipProtocol))
      row.write(flow.key.source)
      row.write(flow.key.destination)
      row.write(flow.key.sourcePort)
      row.write(flow.key.destinationPort)
      row.write(flow.packets)
      row.write(flow.octets)
      row.write(flow.firstTime)
      row.write(flow.lastTime)
      row.write(flow.firstFrame)
    }

    let malformedColumns = [
      "run", "position", "layer", "reason", "frames", "file", "frame", "time",
    ]
    try insert(report.malformed, into: "malformed", columns: malformedColumns) {
      row, position, malformed in
      row.write(run)
      row.write(position)
      row.write(text: malformed.layer)
      row.write(text: malformed.reason)
      row.write(malformed.count)
      row.write(malformed.firstFrame)
    }
  }

  /// The columns of a range of numbers, `first_missing` and so on.
  private static func columns(_ word: String) -> [String] {
    [
      "run", "association", "first_\(word)", "last_\(word)", "before_file", "before_frame",
      "before_time", "after_file", "after_frame", "after_time",
    ]
  }
}

extension RowWriter {
  fileprivate mutating func write(_ gap: SequenceGap) {
    write(gap.firstMissing)
    write(gap.lastMissing)
    write(gap.before)
    write(gap.after)
  }
}

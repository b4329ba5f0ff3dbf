internal import GRDB
internal import PacketAnalysis

extension RunReader {
  func associations() throws -> [AssociationSummary] {
    let channels = try rows("channel", orderedBy: "position") { Self.key($0) }
    var associations = try rows("association", orderedBy: "position") { row in
      let channel: Int = row.integer("channel")
      guard channels.indices.contains(channel) else { throw DanglingReference() }
      return try Self.association(row, channel: channels[channel])
    }
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT association, role, mac FROM further_mac WHERE run = ? ORDER BY mac",
      arguments: [run])
    while let row = try cursor.next() {
      let position: Int = row.integer("association")
      guard associations.indices.contains(position), let mac = row.macAddress("mac") else {
        throw DanglingReference()
      }
      if row["role"] == "source" {
        associations[position].sourceAddresses.append(mac)
      } else {
        associations[position].destinationAddresses.append(mac)
      }
    }
    let concerned = try rows("association_approximation", orderedBy: "association") {
      (position: $0.integer("association") as Int, givenUp: Self.givenUp($0))
    }
    for (position, givenUp) in concerned {
      guard associations.indices.contains(position) else { throw DanglingReference() }
      associations[position].givenUp = givenUp
    }
    return associations
  }

  static func givenUp(_ row: Row) -> EpochGivenUp {
    var givenUp = EpochGivenUp()
    givenUp.forgotten.gaps = row.count("forgotten_gaps")
    givenUp.forgotten.missing = row.count("forgotten_missing")
    givenUp.forgotten.skips = row.count("forgotten_skips")
    givenUp.forgotten.skipped = row.count("forgotten_skipped")
    givenUp.hastyFrames = row.count("hasty_packets")
    return givenUp
  }

  static func key(_ row: Row) -> AssociationKey {
    AssociationKey(point: row.integer("point"), identity: identity(row))
  }

  private static func identity(_ row: Row) -> AssociationKey.Identity {
    if row["protocol"] == "macsec" {
      let sci = SCI(rawValue: UInt64(truncatingIfNeeded: row.bigEndian("sci").value))
      return .macsec(MACsecIdentity(sci: sci, an: 0, vlans: row.vlans))
    }
    let source: UInt16? = row.optionalInteger("source_port")
    let destination: UInt16? = row.optionalInteger("destination_port")
    var ports: IPsecIdentity.UDPPorts?
    if let source, let destination { ports = .init(source: source, destination: destination) }
    return .ipsec(
      IPsecIdentity(
        securityProtocol: row["protocol"] == "esp" ? .esp : .ah,
        source: row.ipAddress("source_ip"), destination: row.ipAddress("destination_ip"),
        spi: row.optionalInteger("spi") ?? 0, ports: ports))
  }

  static func association(_ row: Row, channel: AssociationKey) throws -> AssociationSummary {
    var key = channel
    if case .macsec(var identity) = key.identity {
      identity.an = row.optionalInteger("an") ?? 0
      key.identity = .macsec(identity)
    }
    var association = AssociationSummary(key: key)
    association.id = UInt64(bitPattern: row["id"])
    association.epoch = row.integer("epoch")
    association.sciSource = SCISource(name: row["sci_source"])
    association.vlans = row.vlans
    association.encrypted = row["encrypted"]
    association.changed = row["changed"]
    association.badTags = row.count("bad_tags")
    association.sourceAddresses = row.macAddress("source_mac").map { [$0] } ?? []
    association.destinationAddresses = row.macAddress("destination_mac").map { [$0] } ?? []
    association.packets = row.count("packets")
    association.octets = row.count("octets")
    association.firstTime = row.time("first_time")
    association.lastTime = row.time("last_time")
    association.firstFrame = row.frame("first_file", "first_frame", "first_frame_time")
    association.distinct = row.count("distinct_numbers")
    association.lostBlind = row.count("lost_blind")
    association.skipped = row.count("skipped")
    if (row["lowest_number"] as Int64?) != nil, (row["highest_number"] as Int64?) != nil {
      let range = try row.numbers("lowest_number", "highest_number")
      // Of what remains when others are taken off, nothing may be negative.
      let (numbers, overflow) = association.distinct.addingReportingOverflow(association.skipped)
      guard !overflow, numbers <= range.last - range.first + 1 else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT)
      }
      (association.lowestNumber, association.highestNumber) = range
    }
    association.duplicates = row.count("duplicates")
    association.reordered = row.count("reordered")
    association.suspects = row.count("suspects")
    association.gaps = row.count("gaps")
    if let minimum = row.optionalCount("inter_arrival_min_ns") {
      association.interArrival = InterArrival(
        minimumNanoseconds: minimum, meanNanoseconds: row.count("inter_arrival_mean_ns"),
        maximumNanoseconds: row.count("inter_arrival_max_ns"))
    }
    return association
  }
}

extension SCISource {
  /// `nil` in a row of IPsec, which has none; the report has the first case there.
  fileprivate init(name: String?) {
    self = Self.allCases.first { "\($0.name)" == name } ?? .explicit
  }
}

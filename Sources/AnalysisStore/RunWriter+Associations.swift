internal import PacketAnalysis

/// Where each association of a run stands in its report, by its identifier.
typealias AssociationPositions = [UInt64: Int]

extension RunWriter {
  /// Adds the channels and associations.
  func writeAssociations(of run: Int64) throws -> AssociationPositions {
    let associations = report.associations
    var positions = AssociationPositions(minimumCapacity: associations.count)
    for (position, association) in associations.enumerated() {
      positions[association.id] = position
    }
    if let changes {
      try transact { db in try changes.makeRoom(for: associations.map(\.id), in: db) }
    }

    let channels = Channels(of: associations)
    try insert(channels.keys, into: "channel", columns: Self.channelColumns) { row, position, key in
      row.write(run)
      row.write(position)
      row.writeChannel(key)
    }

    var shares = Shares()
    try insert(associations, into: "association", columns: Self.associationColumns) {
      row, position, association in
      row.write(run)
      row.write(position)
      row.write(identifier: association.id)
      row.write(channels.channelOfAssociation[position])
      row.write(association)
      shares.add(association)
    }
    if let rowless = report.givenUp?.rowless { shares.add(rowless) }
    try write(shares, of: run)

    try writeFurtherAddresses(of: run)
    try writeApproximations(ofAssociationsOf: run)
    return positions
  }

  private static let channelColumns = [
    "run", "position", "point", "protocol", "sci", "vlan1", "vlan2", "vlan3", "vlan4", "vlan5",
    "source_ip", "destination_ip", "spi", "source_port", "destination_port",
  ]

  private static let associationColumns = [
    "run", "position", "id", "channel", "an", "epoch", "sci_source", "vlan1", "vlan2", "vlan3",
    "vlan4", "vlan5", "encrypted", "changed", "bad_tags", "source_mac", "destination_mac",
    "packets", "octets", "first_time", "last_time", "first_file", "first_frame",
    "first_frame_time", "lowest_number", "highest_number", "distinct_numbers", "lost_blind",
    "skipped", "duplicates", "reordered", "suspects", "gaps", "inter_arrival_min_ns",
    "inter_arrival_mean_ns", "inter_arrival_max_ns",
  ]

  private func write(_ shares: Shares, of run: Int64) throws {
    let columns = ["run", "position", "point", "protocol", "associations"]
    try insert(
      shares.sorted, into: "share", columns: columns + AssociationShare.columns.map(\.name)
    ) { row, position, share in
      row.write(run)
      row.write(position)
      row.write(share.point)
      row.write(text: share.sums.securityProtocol.rawValue)
      row.write(share.sums.associations)
      for column in AssociationShare.columns { row.write(share.sums[keyPath: column.path]) }
    }
  }

  /// What was given up of single associations: mostly of none.
  private func writeApproximations(ofAssociationsOf run: Int64) throws {
    let concerned =
      report.givenUp == nil
      ? []
      : report.associations.enumerated().compactMap {
        position, association in association.givenUp.map { (position, $0) }
      }
    let columns = [
      "run", "association", "forgotten_gaps", "forgotten_missing", "forgotten_skips",
      "forgotten_skipped", "hasty_packets",
    ]
    try insert(concerned, into: "association_approximation", columns: columns) {
      row, _, concerned in
      let (association, givenUp) = concerned
      row.write(run)
      row.write(association)
      row.write(givenUp.forgotten.gaps)
      row.write(givenUp.forgotten.missing)
      row.write(givenUp.forgotten.skips)
      row.write(givenUp.forgotten.skipped)
      row.write(givenUp.hastyFrames)
    }
  }

  /// The addresses after the lowest, which is in the row of the association: seldom any.
  private func writeFurtherAddresses(of run: Int64) throws {
    var further: [FurtherAddress] = []
    for (position, association) in report.associations.enumerated() {
      for mac in association.sourceAddresses.dropFirst() {
        further.append((position, "source", mac))
      }
      for mac in association.destinationAddresses.dropFirst() {
        further.append((position, "destination", mac))
      }
    }
    guard let changes else { return try insert(further, of: run) }
    var digest = RowDigest()
    for address in further {
      digest.add(Int64(address.association))
      address.role.withUTF8Buffer { digest.add(octets: $0) }
      digest.add(Int64(bitPattern: address.mac.rawValue))
    }
    let isChanged = try transact { db in
      try changes.isChanged(furtherAddresses: digest.value, in: db)
    }
    var adding = self
    adding.changes = nil
    if isChanged { try adding.insert(further, of: run) }
  }

  private typealias FurtherAddress = (association: Int, role: StaticString, mac: MACAddress)

  private func insert(_ further: [FurtherAddress], of run: Int64) throws {
    try insert(further, into: "further_mac", columns: ["run", "association", "role", "mac"]) {
      row, _, address in
      row.write(run)
      row.write(address.association)
      row.write(word: address.role)
      row.write(address.mac)
    }
  }
}

/// Sums over the associations of one protocol at one point, those that have no row any more too; there
/// are few.
private struct Shares {
  private var all: [(point: UInt16, sums: AssociationShare)] = []

  mutating func add(_ association: AssociationSummary) {
    add(association.key.point, ProtectionProtocol(association.key.identity)) { $0.add(association) }
  }

  mutating func add(_ rowless: RowlessEpochs) {
    for (share, sums) in rowless.shares {
      add(UInt16(clamping: share.point), share.securityProtocol) { $0.add(sums) }
    }
  }

  private mutating func add(
    _ point: UInt16, _ securityProtocol: ProtectionProtocol,
    _ change: (inout AssociationShare) -> Void
  ) {
    let known = all.firstIndex {
      $0.point == point && $0.sums.securityProtocol == securityProtocol
    }
    if known == nil {
      all.append((point, AssociationShare(point: "", securityProtocol: securityProtocol)))
    }
    change(&all[known ?? all.count - 1].sums)
  }

  /// By point and protocol, as they are told.
  var sorted: [(point: UInt16, sums: AssociationShare)] {
    all.sorted {
      ($0.point, $0.sums.securityProtocol.rawValue) < ($1.point, $1.sums.securityProtocol.rawValue)
    }
  }
}

/// The channels of a report in the order of their first association: a MACsec channel is a key
/// without its AN, an IPsec channel is a key.
private struct Channels {
  private(set) var keys: [AssociationKey] = []
  /// Index into `keys` for each association.
  private(set) var channelOfAssociation: [Int] = []

  init(of associations: ReportRows<AssociationSummary>) {
    var known: [AssociationKey: Int] = [:]
    known.reserveCapacity(associations.count)
    channelOfAssociation.reserveCapacity(associations.count)
    for association in associations {
      var key = association.key
      if case .macsec(var identity) = key.identity {
        identity.an = 0
        key.identity = .macsec(identity)
      }
      if let channel = known[key] {
        channelOfAssociation.append(channel)
      } else {
        known[key] = keys.count
        channelOfAssociation.append(keys.count)
        keys.append(key)
      }
    }
  }
}

extension RowWriter {
  fileprivate mutating func writeChannel(_ key: AssociationKey) {
    write(key.point)
    switch key.identity {
    case .macsec(let identity):
      write(word: "macsec")
      write(identity.sci)
      write(identity.vlans)
      for _ in 0..<5 { writeNull() }
    case .ipsec(let identity):
      write(word: identity.securityProtocol.name)
      writeNull()
      write(VLANStack())
      write(identity.source)
      write(identity.destination)
      write(identity.spi)
      if let ports = identity.ports {
        write(ports.source)
        write(ports.destination)
      } else {
        writeNull()
        writeNull()
      }
    }
  }

  fileprivate mutating func write(_ association: AssociationSummary) {
    if case .macsec(let identity) = association.key.identity {
      write(Int64(identity.an))
      write(association.epoch)
      write(word: association.sciSource.name)
    } else {
      writeNull()
      write(association.epoch)
      writeNull()
    }
    write(association.vlans)
    write(association.encrypted)
    write(association.changed)
    write(association.badTags)
    write(association.sourceAddresses.first)
    write(association.destinationAddresses.first)
    write(association.packets)
    write(association.octets)
    write(association.firstTime)
    write(association.lastTime)
    write(association.firstFrame)
    write(association.lowestNumber)
    write(association.highestNumber)
    write(association.distinct)
    write(association.lostBlind)
    write(association.skipped)
    write(association.duplicates)
    write(association.reordered)
    write(association.suspects)
    write(association.gaps)
    write(association.interArrival?.minimumNanoseconds)
    write(association.interArrival?.meanNanoseconds)
    write(association.interArrival?.maximumNanoseconds)
  }

  private mutating func write(_ vlans: VLANStack) {
    let count = vlans.count
    for index in 0..<VLANStack.capacity {
      if index < count { write(vlans.identifier(at: index)) } else { writeNull() }
    }
  }
}

extension VLANStack {
  /// `identifiers[index]` without the array.
  fileprivate func identifier(at index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: packed >> UInt64(4 + 12 * index)) & 0xFFF
  }
}

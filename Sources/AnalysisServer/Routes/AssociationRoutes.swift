internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/associations` and `/api/v1/associations/{id}`.
struct AssociationRoutes {
  let reader: AnalysisReader

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("associations") { request, _ in
      let query = try QueryParameters(
        request,
        known: QueryParameters.pageNames.union(QueryParameters.associationNames).union(["sort"]))
      let page = try await reader.associations(
        query.associationFilter,
        sortedBy: query.order(default: ListOrder(.lost, isDescending: true)), page: query.page,
        run: query.run)
      return jsonReply(page) { row, out in out.append(row) }
    }
    router.get("associations/:id") { request, context in
      let id = try associationIdentifier(context)
      let query = try QueryParameters(request, known: ["run"])
      let answer = try await reader.association(id, run: query.run)
      guard let row = answer.row else { throw Problem.unknownAssociation }
      return jsonReply { $0.append(row, ofRun: answer.run) }
    }
  }
}

extension Problem {
  static let unknownAssociation = Problem.notFound("The run has no association of this id.")
}

extension OutputBuffer {
  mutating func append(_ row: AssociationRow, ofRun run: Int64) {
    append("{\"run\":")
    append(run)
    field("association")
    append(row)
    append(octet: 0x7D)
  }

  mutating func append(_ row: AssociationRow) {
    let association = row.summary
    append("{\"id\":")
    append(jsonIdentifier: association.id)
    field("name", text: AssociationName(association).text)
    field("point", text: row.point)
    switch association.key.identity {
    case .macsec(let identity): append(identity, of: association)
    case .ipsec(let identity): append(identity)
    }
    field("epoch", UInt64(clamping: association.epoch))
    field("packets", association.packets)
    field("octets", association.octets)
    field("firstTime", association.firstTime)
    field("lastTime", association.lastTime)
    field("lowestNumber", number: association.lowestNumber)
    field("highestNumber", number: association.highestNumber)
    field("expected", association.expected)
    field("distinct", association.distinct)
    field("lost", association.lost)
    field("lossRatio", ratioOf: association.lost, to: association.expected)
    field("lostBlind", association.lostBlind)
    field("skipped", association.skipped)
    field("duplicates", association.duplicates)
    field("reordered", association.reordered)
    field("suspects", association.suspects)
    field("gaps", association.gaps)
    field("destinationAddresses")
    append(jsonAddresses: association.destinationAddresses)
    field("interArrivalNanoseconds")
    if let interArrival = association.interArrival {
      append("{\"min\":")
      append(interArrival.minimumNanoseconds)
      field("mean", interArrival.meanNanoseconds)
      field("max", interArrival.maximumNanoseconds)
      append(octet: 0x7D)
    } else {
      append("null")
    }
    list("approximate", association.givenUp?.approximations ?? []) { $1.append($0) }
    field("displayFilter", text: DisplayFilter.condition(association))
    append(octet: 0x7D)
  }

  private mutating func append(_ identity: MACsecIdentity, of association: AssociationSummary) {
    append(",\"protocol\":\"macsec\",\"sci\":\"")
    append(identity.sci)
    append(octet: 0x22)
    field("sciSource", text: "\(association.sciSource.name)")
    field("an", UInt64(identity.an))
    field("vlans")
    append(text: "[" + association.vlans.identifiers.map { "\($0)" }.joined(separator: ",") + "]")
    field("encrypted", association.encrypted)
    field("changed", association.changed)
    field("sourceAddresses")
    append(jsonAddresses: association.sourceAddresses)
    field("badTags", association.badTags)
  }

  private mutating func append(_ identity: IPsecIdentity) {
    field("protocol", text: "\(identity.securityProtocol.name)")
    field("source", address: identity.source)
    field("destination", address: identity.destination)
    append(",\"spi\":\"0x")
    append(hexadecimal: UInt64(identity.spi), digits: 8)
    append(octet: 0x22)
    field("encapsulation", text: identity.ports == nil ? "none" : "udp")
    if let ports = identity.ports {
      field("sourcePort", UInt64(ports.source))
      field("destinationPort", UInt64(ports.destination))
    }
  }
}

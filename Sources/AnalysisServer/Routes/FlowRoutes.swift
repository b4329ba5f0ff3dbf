internal import AnalysisStore
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/flows`: plain flows.
struct FlowRoutes {
  let reader: AnalysisReader

  private static let names: Set = [
    "point", "protocol", "address", "prefix", "port", "minPackets", "from", "to", "sort",
  ]

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("flows") { request, _ in
      let query = try QueryParameters(
        request, known: QueryParameters.pageNames.union(Self.names))
      let page = try await reader.flows(
        query.flowFilter, sortedBy: query.order(default: ListOrder(.packets, isDescending: true)),
        page: query.page, run: query.run)
      return jsonReply(page) { row, out in out.append(row) }
    }
  }
}

extension QueryParameters {
  fileprivate var flowFilter: FlowFilter {
    get throws(Problem) {
      var filter = FlowFilter()
      filter.point = self["point"]
      filter.ipProtocol = try value(
        "protocol", "a name as in the list, such as tcp, or a number from 0 to 255", ipProtocol)
      switch try address {
      case .ip(let addresses): filter.addresses = addresses
      case .mac:
        throw .badRequest(
          "address must be an IP address: flows have no other.", parameter: "address")
      case nil: break
      }
      filter.port = try number("port", in: 0...65_535).map { UInt16($0) }
      filter.minimumPackets = try count("minPackets")
      (filter.from, filter.to) = (try time("from"), try time("to"))
      return filter
    }
  }
}

private func ipProtocol(_ text: String) -> UInt8? {
  // `ip-N` is the name of those that have none.
  if let number = UInt8(text.hasPrefix("ip-") ? text.dropFirst(3) : text[...]) { return number }
  let any = IPAddress(ipv4: 0)
  return (0...UInt8.max).first { number in
    FlowKey(
      point: 0, ipProtocol: number, source: any, destination: any, sourcePort: 0, destinationPort: 0
    ).protocolName == text
  }
}

extension OutputBuffer {
  fileprivate mutating func append(_ row: FlowRow) {
    append(octet: 0x7B)
    append(firstMembersOf: row.flow)
    field("point", text: row.point)
    append(octet: 0x7D)
  }
}

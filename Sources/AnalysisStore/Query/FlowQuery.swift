internal import GRDB
public import PacketAnalysis

/// A plain flow with the name of its point.
public struct FlowRow: Sendable, Equatable {
  public var flow: FlowSummary
  public var point: String
}

/// Which plain flows a question is about.
public struct FlowFilter: Sendable, Equatable {
  public var point: String?
  public var ipProtocol: UInt8?
  /// With an IP address of these at one of their ends.
  public var addresses: ClosedRange<IPAddress>?
  /// At one of their ends.
  public var port: UInt16?
  public var minimumPackets: UInt64?
  /// Active at this time or after it.
  public var from: Timestamp?
  /// Active at this time or before it.
  public var to: Timestamp?

  public init() {}
}

/// Columns by which plain flows can be sorted.
public enum FlowColumn: String, Sendable, CaseIterable {
  /// The order of the report: by first frame.
  case position
  case point, `protocol`, source, destination, sourcePort, destinationPort, packets, octets
  case firstTime, lastTime
}

extension AnalysisReader {
  /// The plain flows of a run.
  public func flows(
    _ filter: FlowFilter, sortedBy order: ListOrder<FlowColumn>, page request: PageRequest,
    run choice: RunChoice
  ) async throws(StoreError) -> Page<FlowRow> {
    try await read(choice) { db, run in
      try FlowList.query(filter, order, run: run).page(
        request, run: run, in: db, key: { [$0["position"]] }, internal: { $0 }
      ) { row in FlowRow(flow: RunReader.flow(row), point: row["point_name"]) }
    }
  }
}

enum FlowList {
  static func query(
    _ filter: FlowFilter, _ order: ListOrder<FlowColumn>, run: Int64
  ) -> ListQuery {
    var conditions = Filter("f.run = ?", [run])
    if let point = filter.point { conditions.add("p.name = ?", [point]) }
    if let number = filter.ipProtocol { conditions.add("f.ip_protocol = ?", [Int64(number)]) }
    if let addresses = filter.addresses { conditions.add(addresses, within: "f") }
    if let port = filter.port {
      conditions.add("f.source_port = ? OR f.destination_port = ?", [Int64(port), Int64(port)])
    }
    if let packets = filter.minimumPackets {
      conditions.add("f.packets >= ?", [Int64(clamping: packets)])
    }
    if let from = filter.from { conditions.add("f.last_time >= ?", [from.nanosecondsSinceEpoch]) }
    if let to = filter.to { conditions.add("f.first_time <= ?", [to.nanosecondsSinceEpoch]) }
    return ListQuery(
      name: "flows-\(order.text)",
      source: "FROM flow AS f CROSS JOIN point AS p ON p.run = f.run AND p.position = f.point",
      columns: "f.*, p.name AS point_name", filter: conditions, key: ["f.position"],
      order: order.column.parts, isDescending: order.isDescending)
  }
}

extension FlowColumn {
  var parts: SortParts {
    switch self {
    case .position: .column("f.position")
    case .point: .column("p.name")
    case .protocol: .column("f.ip_protocol")
    case .source: .column("f.source_ip")
    case .destination: .column("f.destination_ip")
    case .sourcePort: .column("f.source_port")
    case .destinationPort: .column("f.destination_port")
    case .packets: .column("f.packets")
    case .octets: .column("f.octets")
    case .firstTime: .optional("f.first_time")
    case .lastTime: .optional("f.last_time")
    }
  }
}

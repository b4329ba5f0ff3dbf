public import PacketAnalysis

/// What of this machine can be captured: `gapscope interfaces`.
public struct InterfaceReport {
  private let interfaces: [NetworkInterface]
  private let style: TableStyle

  public init(_ interfaces: [NetworkInterface], style: TableStyle = TableStyle()) {
    self.interfaces = interfaces
    self.style = style
  }

  public static let schema: StaticString = "gapscope.interfaces/1"

  public func write(to sink: inout some ReportSink & ~Copyable) throws(OutputError) {
    var out = OutputBuffer()
    out.append(text: text)
    try out.drain(into: &sink)
  }

  /// For people: a row for each, then why some of them cannot be captured.
  public var text: String {
    var page = Page(width: style.width, hasColor: style.color)
    let heading = (cells: ["interface", "state", "link type", "MTU"], addresses: ["addresses"])
    let rows = [heading] + interfaces.map { (cells: cells($0), addresses: addresses($0)) }
    let widths = heading.cells.indices.map { column in
      rows.map { displayWidth($0.cells[column]) }.max() ?? 0
    }
    for (index, row) in rows.enumerated() {
      let start = zip(row.cells, widths).enumerated().map { column, cell in
        cell.0.padded(cell.1, isRight: column == 3) + "  "
      }.joined()
      for line in lines(start, row.addresses, width: page.width) {
        page.line(page.painted(line, index == 0 ? .heading : .plain))
      }
    }
    if interfaces.isEmpty { page.line("There is no interface.") }
    for (reason, names) in obstacles {
      page.line()
      let hindered = names.count == interfaces.count ? "None can be captured" : named(names)
      page.paragraph(
        "\(hindered): \(printable(reason))", first: page.painted("! ", .warning), indent: 2,
        tone: .warning)
    }
    return page.text
  }

  private func cells(_ interface: NetworkInterface) -> [String] {
    [
      printable(interface.name), interface.state.text,
      interface.isLoopback ? "loopback" : interface.linkType?.name ?? "unknown",
      "\(interface.mtuOctets)",
    ]
  }

  private func addresses(_ interface: NetworkInterface) -> [String] {
    (interface.hardwareAddress.map { [$0.text] } ?? []) + interface.addresses.map(\.text)
  }

  /// Addresses for which there is no room go on below the others.
  private func lines(_ start: String, _ addresses: [String], width: Int) -> [String] {
    let indent = String(repeating: " ", count: displayWidth(start))
    var lines = [start + (addresses.first ?? "")]
    for address in addresses.dropFirst() {
      let line = lines[lines.count - 1] + " " + address
      if displayWidth(line) <= width {
        lines[lines.count - 1] = line
      } else {
        lines.append(indent + address)
      }
    }
    return lines.map { elided($0.trimmingTrailingSpaces, width: width) }
  }

  /// Each reason once, with the interfaces that it concerns.
  private var obstacles: [(reason: String, names: [String])] {
    var obstacles: [(reason: String, names: [String])] = []
    for interface in interfaces {
      guard let reason = interface.obstacle else { continue }
      if let known = obstacles.firstIndex(where: { $0.reason == reason }) {
        obstacles[known].names.append(interface.name)
      } else {
        obstacles.append((reason, [interface.name]))
      }
    }
    return obstacles
  }

  private func named(_ names: [String]) -> String {
    "not " + names.map { printable($0) }.joined(separator: ", ")
  }

  // MARK: JSON

  /// For programs.
  public func writeJSON(to sink: inout some ReportSink & ~Copyable) throws(OutputError) {
    var out = OutputBuffer()
    out.append("{\"schema\":\"")
    out.append(Self.schema)
    out.append("\"")
    try out.list("interfaces", interfaces, to: &sink) { $1.append($0) }
    out.append("\n}\n")
    try out.drain(into: &sink)
  }
}

extension OutputBuffer {
  /// A member of a list of JSON.
  package mutating func append(_ interface: NetworkInterface) {
    append("{\"name\":")
    append(jsonString: interface.name)
    field("state")
    append(jsonString: interface.state.rawValue)
    field("loopback", interface.isLoopback)
    field("linkType")
    append(jsonOptional: interface.linkType?.name)
    field("hardwareType", UInt64(interface.hardwareType))
    field("mtu", UInt64(interface.mtuOctets))
    field("hardwareAddress")
    append(jsonOptional: interface.hardwareAddress?.text)
    field("addresses")
    append("[")
    for (index, address) in interface.addresses.enumerated() {
      if index > 0 { append(",") }
      append(jsonString: address.text)
    }
    append("]")
    field("obstacle")
    append(jsonOptional: interface.obstacle)
    append("}")
  }
}

extension OutputBuffer {
  fileprivate mutating func append(jsonOptional text: String?) {
    if let text { append(jsonString: text) } else { append("null") }
  }
}

extension NetworkInterface.State {
  fileprivate var text: String {
    switch self {
    case .up: "up"
    case .noCarrier: "no carrier"
    case .down: "down"
    }
  }
}

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
    let rows = [["interface", "state", "link type", "MTU", "addresses"]] + interfaces.map(cells)
    let widths = rows[0].indices.map { column in
      rows.map { displayWidth($0[column]) }.max() ?? 0
    }
    for (index, row) in rows.enumerated() {
      let line = zip(row, widths).enumerated().map { column, cell in
        cell.0.padded(cell.1, isRight: column == 3)
      }.joined(separator: "  ").trimmingTrailingSpaces
      page.line(
        page.painted(elided(line, width: page.width), index == 0 ? .heading : .plain))
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
    let hardware = interface.hardwareAddress.map { [$0.text] } ?? []
    return [
      printable(interface.name), interface.state.text,
      interface.isLoopback ? "loopback" : interface.linkType?.name ?? "unknown",
      "\(interface.mtuOctets)", (hardware + interface.addresses.map(\.text)).joined(separator: " "),
    ]
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

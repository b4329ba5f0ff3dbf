internal import AnalysisStore
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PacketAnalysis
internal import ReportFormats

/// A reply in JSON, which is not kept by anybody between: the next may be another.
func jsonReply(_ write: (inout OutputBuffer) -> Void) -> Response {
  var out = OutputBuffer(capacity: 1 << 16)
  write(&out)
  out.append(octet: 0x0A)
  return Response(
    status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
    body: .init(byteBuffer: ByteBuffer(bytes: out.octets())))
}

/// `{"run":…,"items":[…],"next":…}`, and `total` where it was counted.
func jsonReply<Row>(
  _ page: Page<Row>, item: (Row, inout OutputBuffer) -> Void
) -> Response {
  jsonReply { out in
    out.append(members: page, item: item)
    out.append(octet: 0x7D)
  }
}

extension OutputBuffer {
  /// A page of a list, without the last brace.
  mutating func append<Row>(members page: Page<Row>, item: (Row, inout OutputBuffer) -> Void) {
    append("{\"run\":")
    append(page.run)
    list("items", page.rows, item: item)
    field("next")
    append(jsonText: page.next?.text)
    if let total = page.total { field("total", UInt64(clamping: total)) }
  }

  /// `,"name":[…]`, an item a line.
  mutating func list<Item>(
    _ name: StaticString, _ items: [Item], item: (Item, inout OutputBuffer) -> Void
  ) {
    field(name)
    append(octet: 0x5B)
    for (index, element) in items.enumerated() {
      append(index > 0 ? ",\n" : "\n")
      item(element, &self)
    }
    append(octet: 0x5D)
  }

  mutating func append(jsonText text: String?) {
    if let text { append(jsonString: text) } else { append("null") }
  }

  mutating func field(_ name: StaticString, text: String?) {
    field(name)
    append(jsonText: text)
  }

  /// A packet number: text, as it may have more digits than a number of JavaScript holds.
  mutating func field(_ name: StaticString, number: UInt64?) {
    field(name, text: number.map { String($0) })
  }

  /// A part of a whole; `null` where there is no whole.
  mutating func field(_ name: StaticString, ratioOf part: UInt64, to whole: UInt64) {
    field(name)
    append(text: whole > 0 ? "\(Double(part) / Double(whole))" : "null")
  }
}

/// The identifier of an association in a path.
func associationIdentifier(_ context: some RequestContext) throws(Problem) -> UInt64 {
  let text = context.parameters.get("id") ?? ""
  guard text.utf8.count == 16, let id = UInt64(text, radix: 16), !text.hasPrefix("+") else {
    throw .badRequest("The id of an association has 16 hexadecimal digits.", parameter: "id")
  }
  return id
}

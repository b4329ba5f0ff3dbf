package import PacketAnalysis

/// The values of JSON (RFC 8259). Every `field` writes a comma, its name and its value, so that a
/// record is `{`, a first member, and then fields.
extension OutputBuffer {
  /// A quoted string. Control characters are escaped; a `String` is valid Unicode by itself, since
  /// octets that are not became U+FFFD when it was made.
  package mutating func append(jsonString text: String) {
    append(octet: 0x22)
    for octet in text.utf8 {
      switch octet {
      case 0x22: append("\\\"")
      case 0x5C: append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F:
        append("\\u00")
        append(hexadecimal: UInt64(octet), digits: 2)
      default: append(octet: octet)
      }
    }
    append(octet: 0x22)
  }

  package mutating func field(_ name: StaticString) {
    append(",\"")
    append(name)
    append("\":")
  }

  package mutating func field(_ name: StaticString, _ value: UInt64) {
    field(name)
    append(value)
  }

  package mutating func field(_ name: StaticString, _ value: UInt64?) {
    field(name)
    if let value { append(value) } else { append("null") }
  }

  package mutating func field(_ name: StaticString, _ value: Bool) {
    field(name)
    if value { append("true") } else { append("false") }
  }

  package mutating func field(_ name: StaticString, _ time: Timestamp?) {
    field(name)
    append(jsonTime: time)
  }

  package mutating func append(jsonTime time: Timestamp?) {
    guard let time = time?.known else { return append("null") }
    append(octet: 0x22)
    append(time)
    append(octet: 0x22)
  }

  package mutating func append(jsonIdentifier id: UInt64) {
    append(octet: 0x22)
    append(hexadecimal: id, digits: 16)
    append(octet: 0x22)
  }

  package mutating func append(jsonAddresses addresses: some Collection<MACAddress>) {
    append(octet: 0x5B)
    for (index, address) in addresses.enumerated() {
      if index > 0 { append(octet: 0x2C) }
      append(octet: 0x22)
      append(address)
      append(octet: 0x22)
    }
    append(octet: 0x5D)
  }

  package mutating func field(_ name: StaticString, address: IPAddress) {
    field(name)
    append(octet: 0x22)
    append(address)
    append(octet: 0x22)
  }
}

/// Names that many records repeat, quoted and escaped once.
struct JSONNames {
  private let quoted: [[UInt8]]

  init(_ names: [String]) {
    quoted = names.map { name in
      var buffer = OutputBuffer()
      buffer.append(jsonString: name)
      return buffer.octets()
    }
  }

  /// `null` for an index without a name.
  func append(_ index: Int, to out: inout OutputBuffer) {
    if quoted.indices.contains(index) { out.append(quoted[index]) } else { out.append("null") }
  }
}

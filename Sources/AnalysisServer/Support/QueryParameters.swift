internal import AnalysisStore
internal import Foundation
internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// What stands behind the `?` of a request: each name once, and only names that the route knows, so
/// that a filter which is misspelled does not go unnoticed.
struct QueryParameters {
  private var values: [String: String] = [:]

  init(_ request: Request, known: Set<String>) throws(Problem) {
    for part in (request.uri.query ?? "").split(separator: "&") {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(halves[0]),
        let value = halves.count == 2 ? Self.decoded(halves[1]) : ""
      else { throw .badRequest("The query is not percent-encoded UTF-8.") }
      guard known.contains(name) else {
        let names = known.isEmpty ? "none" : known.sorted().joined(separator: ", ")
        throw .badRequest("There is no such parameter here; there are: \(names).", parameter: name)
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw .badRequest("A parameter may be given once.", parameter: name)
      }
    }
  }

  subscript(_ name: String) -> String? { values[name] }

  /// `+` is a space in a query, as forms write it.
  private static func decoded(_ text: Substring) -> String? {
    text.replacing("+", with: "%20").removingPercentEncoding
  }
}

extension QueryParameters {
  /// A value that `parse` understands; `expected` says what it should have been.
  func value<Value>(
    _ name: String, _ expected: String, _ parse: (String) -> Value?
  ) throws(Problem) -> Value? {
    guard let text = values[name] else { return nil }
    guard let value = parse(text) else {
      throw .badRequest("\(name) must be \(expected).", parameter: name)
    }
    return value
  }

  private func value<Value>(
    _ name: String, _ parse: (String) throws(ValueError) -> Value
  ) throws(Problem) -> Value? {
    guard let text = values[name] else { return nil }
    do throws(ValueError) {
      return try parse(text)
    } catch {
      throw .badRequest("\(name) must be \(error.expected.rawValue).", parameter: name)
    }
  }

  /// In decimal digits alone.
  func number(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
    try value(name, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
      decimal(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  func count(_ name: String) throws(Problem) -> UInt64? {
    try number(name, in: 0...Int64.max).map { UInt64($0) }
  }

  func time(_ name: String) throws(Problem) -> Timestamp? { try value(name, parseTime) }

  /// Nanoseconds.
  func duration(_ name: String) throws(Problem) -> Int64? { try value(name, parseDuration) }

  var run: RunChoice {
    get throws(Problem) {
      let run = try value("run", "the number of a run, from 1 on, or latest") { text in
        if text == "latest" { return RunChoice.latest }
        return decimal(text).flatMap { $0 > 0 ? RunChoice.number($0) : nil }
      }
      // A page that goes on goes on in its run.
      guard let cursor = try page.after else { return run ?? .latest }
      if case .number(let number) = run, number != cursor.run {
        throw .badRequest("run and cursor name different runs.", parameter: "run")
      }
      return .number(cursor.run)
    }
  }

  static let pageNames: Set = ["run", "limit", "cursor", "total"]

  var page: PageRequest {
    get throws(Problem) {
      let limits = PageRequest.limits
      let limit = try number("limit", in: Int64(limits.lowerBound)...Int64(limits.upperBound))
        .map { Int($0) }
      let cursor = try value("cursor", "what the page before gave as next") {
        PageCursor(parsing: $0)
      }
      let total = try value("total", "true or false") { Bool($0) }
      return PageRequest(limit: limit ?? 100, after: cursor, countsAll: total ?? false)
    }
  }

  func order<Column: CaseIterable & RawRepresentable<String> & Sendable>(
    default standard: ListOrder<Column>
  ) throws(Problem) -> ListOrder<Column> {
    let names = Column.allCases.map(\.rawValue).joined(separator: ", ")
    return try value("sort", "one of \(names); with - before it for the largest first") { text in
      let isDescending = text.hasPrefix("-")
      return Column(rawValue: isDescending ? String(text.dropFirst()) : text)
        .map { ListOrder($0, isDescending: isDescending) }
    } ?? standard
  }
}

extension QueryParameters {
  static let associationNames: Set = [
    "point", "protocol", "sci", "an", "spi", "address", "prefix", "minLost", "minLossRatio",
    "from", "to",
  ]

  var associationFilter: AssociationFilter {
    get throws(Problem) {
      var filter = AssociationFilter()
      filter.point = values["point"]
      filter.securityProtocol = try value("protocol", "macsec, esp or ah") {
        AssociationFilter.SecurityProtocol(rawValue: $0)
      }
      filter.sci = try value("sci") { text throws(ValueError) in try SCI(parsing: text) }
      filter.an = try number("an", in: 0...3).map { UInt8($0) }
      filter.spi = try value("spi", parseSPI)
      filter.address = try address
      filter.minimumLost = try count("minLost")
      filter.minimumLossRatio = try value("minLossRatio", "a number from 0 to 1") { text in
        // Swift reads hexadecimal too.
        guard !text.lowercased().contains("x") else { return nil }
        return Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
      }
      (filter.from, filter.to) = (try time("from"), try time("to"))
      return filter
    }
  }
}

extension QueryParameters {
  /// `address`, or `prefix`.
  var address: AssociationFilter.Address? {
    get throws(Problem) {
      let address = try value("address") { text throws(ValueError) in
        try ParsedAddress(parsing: text)
      }
      let prefix = try value("prefix", "a prefix such as 192.0.2.0/24 or 2001:db8::/32") {
        addresses(ofPrefix: $0)
      }
      if address != nil, prefix != nil {
        throw .badRequest("Give either an address or a prefix.", parameter: "prefix")
      }
      switch address {
      case .mac(let mac): return .mac(mac)
      case .ip(let address): return .ip(address...address)
      case nil: return prefix.map { .ip($0) }
      }
    }
  }
}

/// Swift would take a sign, as in `-0`.
private func decimal(_ text: String) -> Int64? {
  text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
}

/// `192.0.2.0/24`; the octets behind the prefix may be anything, as where one asks by an address.
func addresses(ofPrefix text: String) -> ClosedRange<IPAddress>? {
  let halves = text.split(separator: "/", omittingEmptySubsequences: false)
  guard halves.count == 2, let length = UInt8(halves[1]),
    case .ip(let address)? = try? ParsedAddress(parsing: String(halves[0]))
  else { return nil }
  switch address.family {
  case .ipv4:
    guard length <= 32 else { return nil }
    let rest = UInt32.max >> UInt32(length)
    let bits = UInt32(truncatingIfNeeded: address.bits)
    return IPAddress(ipv4: bits & ~rest)...IPAddress(ipv4: bits | rest)
  case .ipv6:
    guard length <= 128 else { return nil }
    let rest = UInt128.max >> UInt128(length)
    return IPAddress(ipv6: address.bits & ~rest)...IPAddress(ipv6: address.bits | rest)
  }
}

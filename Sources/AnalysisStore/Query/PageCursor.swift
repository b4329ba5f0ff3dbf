/// The row behind which a page begins: its value in the column of the order, and its key.
///
/// It names a row by what stays the same while others are written, and the run by its number. So
/// rows that come or go elsewhere neither repeat a row nor leave one out, and "the latest run" stays
/// the one with which the first page began.
public struct PageCursor: Sendable, Equatable {
  enum Value: Sendable, Equatable {
    case integer(Int64)
    case real(Double)
    case octets([UInt8])
    case text(String)
  }

  public let run: Int64
  /// The list and its order, for which alone the cursor is good.
  let list: String
  /// Index into `SortParts`.
  let part: Int
  let value: Value
  /// An association is named by its `id`, not by its position, which may change.
  let key: [Int64]
}

/// `run.list.part.value.key`: letters, digits, `-`, `.` only, so that it stands in a query as it is.
extension PageCursor {
  public var text: String {
    ([String(run), list, String(part), value.text] + key.map { String($0) })
      .joined(separator: ".")
  }

  public init?(parsing text: String) {
    let fields = text.split(separator: ".", maxSplits: 8, omittingEmptySubsequences: false)
    guard fields.count >= 5, let run = Int64(fields[0]), let part = Int(fields[2]),
      let value = Value(parsing: fields[3])
    else { return nil }
    let key = fields[4...].compactMap { Int64($0) }
    guard key.count == fields.count - 4 else { return nil }
    self.init(run: run, list: String(fields[1]), part: part, value: value, key: key)
  }
}

extension PageCursor.Value {
  fileprivate var text: String {
    switch self {
    case .integer(let value): "i\(value)"
    case .real(let value): "r\(value.bitPattern)"
    case .octets(let octets): "o" + Self.hexadecimal(octets)
    case .text(let text): "t" + Self.hexadecimal(Array(text.utf8))
    }
  }

  fileprivate init?(parsing text: Substring) {
    let rest = text.dropFirst()
    switch text.first {
    case "i":
      guard let value = Int64(rest) else { return nil }
      self = .integer(value)
    case "r":
      guard let bits = UInt64(rest) else { return nil }
      let value = Double(bitPattern: bits)
      guard value.isFinite else { return nil }
      self = .real(value)
    case "o":
      guard let octets = Self.octets(rest) else { return nil }
      self = .octets(octets)
    case "t":
      guard let octets = Self.octets(rest), let text = String(validating: octets, as: UTF8.self)
      else { return nil }
      self = .text(text)
    default: return nil
    }
  }

  private static func hexadecimal(_ octets: [UInt8]) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func octets(_ text: Substring) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var octets: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
      guard pair.first != "+", let octet = UInt8(pair, radix: 16) else { return nil }
      octets.append(octet)
    }
    return octets
  }
}

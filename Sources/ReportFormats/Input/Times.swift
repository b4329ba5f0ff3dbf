public import PacketAnalysis

/// Nanoseconds of `10s`, `250ms`, `1m30s`, `2h`, `1.5s`: one or more numbers, each with its unit
/// (`d`, `h`, `m`, `s`, `ms`, `us`, `ns`). More than zero.
public func parseDuration(_ text: String) throws(ValueError) -> Int64 {
  let error = ValueError(text: text, expected: .duration)
  var scanner = TextScanner(text)
  var total: Int64 = 0
  repeat {
    guard let whole = scanner.number() else { throw error }
    let fraction = scanner.skip(".") ? scanner.fraction(digits: 9) : 0
    guard let fraction, let unit = nanoseconds(ofUnit: scanner.word()) else { throw error }
    // The fraction is in billionths of the unit: at most a day of them fits in 128 bits easily.
    let part =
      UInt128(whole) * UInt128(unit) + UInt128(fraction) * UInt128(unit) / 1_000_000_000
    guard let part = Int64(exactly: part) else { throw error }
    let (sum, overflow) = total.addingReportingOverflow(part)
    guard !overflow else { throw error }
    total = sum
  } while !scanner.isAtEnd
  guard total > 0 else { throw error }
  return total
}

private func nanoseconds(ofUnit unit: String) -> UInt64? {
  switch unit {
  case "ns": 1
  case "us": 1_000
  case "ms": 1_000_000
  case "s": 1_000_000_000
  case "m", "min": 60_000_000_000
  case "h": 3_600_000_000_000
  case "d": 86_400_000_000_000
  default: nil
  }
}

/// A time of RFC 3339 (`2026-03-01T09:00:00.25+01:00`; UTC where no offset is given, as in our
/// reports), or decimal seconds since 1970-01-01T00:00:00Z.
public func parseTime(_ text: String) throws(ValueError) -> Timestamp {
  guard
    let nanoseconds = nanosecondsOfDate(text) ?? nanosecondsOfSeconds(text),
    let count = Int64(exactly: nanoseconds), count != .min
  else { throw ValueError(text: text, expected: .time) }
  return Timestamp(nanosecondsSinceEpoch: count)
}

private func nanosecondsOfSeconds(_ text: String) -> Int128? {
  var scanner = TextScanner(text)
  let isNegative = scanner.skip("-")
  guard let whole = scanner.number(),
    let fraction = scanner.skip(".") ? scanner.fraction(digits: 9) : 0, scanner.isAtEnd
  else { return nil }
  let value = Int128(whole) * 1_000_000_000 + Int128(fraction)
  return isNegative ? -value : value
}

private func nanosecondsOfDate(_ text: String) -> Int128? {
  var scanner = TextScanner(text)
  guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2),
    scanner.skip("-"), let day = scanner.digits(2),
    (1...12).contains(month), (1...CivilDate.days(inMonth: month, of: year)).contains(day),
    scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
    let hour = scanner.digits(2), scanner.skip(":"), let minute = scanner.digits(2),
    scanner.skip(":"), let second = scanner.digits(2),
    hour < 24, minute < 60, second <= 60,
    let fraction = scanner.skip(".") ? scanner.fraction(digits: 9) : 0,
    let offset = scanner.offsetSeconds(), scanner.isAtEnd
  else { return nil }
  let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
  let seconds = days * 86_400 + Int64(hour * 3_600 + minute * 60 + second - offset)
  return Int128(seconds) * 1_000_000_000 + Int128(fraction)
}

extension TextScanner {
  /// The digits behind a decimal point as a whole number of 10^-`digits`; further ones are cut off.
  fileprivate mutating func fraction(digits: Int) -> UInt64? {
    var value: UInt64 = 0
    var count = 0
    while let digit = decimalDigit() {
      if count < digits { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in min(count, digits)..<digits { value *= 10 }
    return value
  }

  /// `Z`, `+01:00`, `-05:30` or nothing.
  fileprivate mutating func offsetSeconds() -> Int? {
    if isAtEnd || skip("Z") || skip("z") { return 0 }
    let isWest = skip("-")
    guard isWest || skip("+"), let hours = digits(2), skip(":"), let minutes = digits(2),
      hours < 24, minutes < 60
    else { return nil }
    let seconds = hours * 3_600 + minutes * 60
    return isWest ? -seconds : seconds
  }
}

extension CivilDate {
  static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

import PacketAnalysis

/// Numbers as people read them: never rounded to nothing, and never to everything.

/// Exact below 100,000, then three digits: `99,999`, `123 k`, `2.10 M`.
func humane(_ value: UInt64) -> String {
  value < 100_000 ? grouped(value) : scaled(Double(value))
}

/// Three significant digits and a decimal prefix: `4.00 M`, `12.5 k`, `950`.
func scaled(_ value: Double) -> String {
  let prefixes = ["", " k", " M", " G", " T", " P", " E"]
  var (value, index) = (value, 0)
  // What would be rounded to 1,000 already belongs to the next prefix.
  while value >= 999.5 && index < prefixes.count - 1 {
    value /= 1_000
    index += 1
  }
  if index == 0 && value == value.rounded() { return decimal(value, places: 0) }
  return decimal(value, places: placesForThreeDigits(value)) + prefixes[index]
}

private func placesForThreeDigits(_ value: Double) -> Int {
  value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
}

/// `value` is not negative; what no integer of 64 bits holds is shown as the largest.
func decimal(_ value: Double, places: Int) -> String {
  let scale = (0..<places).reduce(1 as UInt64) { product, _ in product * 10 }
  let rounded = (value * Double(scale)).rounded()
  let units = rounded < Double(UInt64.max) ? UInt64(rounded) : .max
  guard places > 0 else { return grouped(units) }
  let fraction = String(units % scale)
  let zeros = String(repeating: "0", count: places - fraction.count)
  return "\(grouped(units / scale)).\(zeros)\(fraction)"
}

/// `0.0123%`, `12.4%`: three significant digits. Something is never `0%` and less than all never
/// `100%`.
package func percentage(_ part: UInt64, of whole: UInt64) -> String {
  if part == 0 || whole == 0 { return "0%" }
  if part >= whole {
    return part == whole ? "100%" : scaled(100 * Double(part) / Double(whole)) + "%"
  }
  let percent = 100 * Double(part) / Double(whole)
  if percent < 0.000_01 { return "<0.00001%" }
  if percent >= 99.95 { return ">99.9%" }
  var places = placesForThreeDigits(percent)
  var threshold = 0.999_5
  while percent < threshold && places < 7 {
    places += 1
    threshold /= 10
  }
  return decimal(percent, places: places) + "%"
}

/// `250 ns`, `12.3 µs`, `1.25 s`, `35m00s`, `2h05m`, `3d04h`.
func humane(nanoseconds: UInt64) -> String {
  let seconds = nanoseconds / 1_000_000_000
  switch nanoseconds {
  case ..<1_000: return "\(nanoseconds) ns"
  case ..<999_500: return threeDigits(Double(nanoseconds) / 1e3) + " µs"
  case ..<999_500_000: return threeDigits(Double(nanoseconds) / 1e6) + " ms"
  case ..<59_950_000_000: return threeDigits(Double(nanoseconds) / 1e9) + " s"
  case ..<3_600_000_000_000: return "\(seconds / 60)m\(twoDigits(seconds % 60))s"
  case ..<86_400_000_000_000: return "\(seconds / 3_600)h\(twoDigits(seconds / 60 % 60))m"
  default: return "\(grouped(seconds / 86_400))d\(twoDigits(seconds / 3_600 % 24))h"
  }
}

private func threeDigits(_ value: Double) -> String {
  decimal(value, places: placesForThreeDigits(value))
}

private func twoDigits(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }

/// Per second, over the time from the first frame to the last; `nil` where that is unknown or none.
func perSecond(_ count: UInt64, nanoseconds: UInt64?) -> Double? {
  guard let nanoseconds, nanoseconds > 0 else { return nil }
  return Double(count) / (Double(nanoseconds) / 1e9)
}

/// `2.10 GB`
package func humane(octets: UInt64) -> String {
  octets < 1_000 ? "\(octets) B" : withUnit(scaled(Double(octets)), "B")
}

/// `4.00 Mbit/s`: the prefix stands at the unit.
func withUnit(_ scaled: String, _ unit: String) -> String {
  scaled.last.map { $0.isLetter } == true ? scaled + unit : scaled + " " + unit
}

// Counts as people read them.

/// `1,345`
package func grouped(_ value: UInt64) -> String {
  let digits = Array(String(value).utf8)
  var text: [UInt8] = []
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { text.append(0x2C) }
    text.append(digit)
  }
  return String(decoding: text, as: UTF8.self)
}

/// `1 gap`, `2 gaps`, `1,345 gaps`
package func counted(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
  grouped(UInt64(clamping: count)) + " " + (count == 1 ? one : many ?? one + "s")
}

/// Columns that a text takes in a terminal: two for the wide characters of East Asia and for
/// emoji, none for what combines with the character before it.
func displayWidth(_ text: String) -> Int {
  if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
  return text.reduce(0) { $0 + displayWidth($1) }
}

private func displayWidth(_ character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first else { return 0 }
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
    return 2
  default:
    return 1
  }
}

/// At most `width` columns: the middle gives way to `…`, since the ends of names tell them apart.
func elided(_ text: String, width: Int) -> String {
  if displayWidth(text) <= width { return text }
  guard width > 1 else { return width == 1 ? "…" : "" }
  let tail = (width - 1) / 2
  return prefix(of: text, width: width - 1 - tail) + "…" + suffix(of: text, width: tail)
}

private func prefix(of text: String, width: Int) -> String {
  var (result, used) = ("", 0)
  for character in text {
    used += displayWidth(character)
    if used > width { break }
    result.append(character)
  }
  return result
}

private func suffix(of text: String, width: Int) -> String {
  String(prefix(of: String(text.reversed()), width: width).reversed())
}

/// Text of others (file names, reasons) without what would steer the terminal.
func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  return String(
    String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
}

/// The same for a message of several lines.
public func printableLines(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) }
    .joined(separator: "\n")
}

/// C0, DEL, C1, and the characters that turn the direction of writing.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
  default: false
  }
}

/// `10s`, `90s`, `250ms`, in the largest unit of which it is a multiple: as options and
/// the API take it.
package func durationText(_ nanoseconds: Int64) -> String {
  let units: [(Int64, String)] = [
    (86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "m"),
    (1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"),
  ]
  for (length, name) in units where nanoseconds.isMultiple(of: length) {
    return "\(nanoseconds / length)\(name)"
  }
  return "\(nanoseconds)ns"
}

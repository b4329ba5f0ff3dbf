/// How far a run is, in one line for a terminal.
public struct ProgressLine: Sendable, Equatable {
  /// Octets of the files that have been read.
  public var octetsDone: UInt64
  /// `nil` for a pipe: nobody knows how much is to come.
  public var octetsTotal: UInt64?
  public var packets: UInt64
  public var elapsed: Duration

  public init(octetsDone: UInt64, octetsTotal: UInt64?, packets: UInt64, elapsed: Duration) {
    self.octetsDone = octetsDone
    self.octetsTotal = octetsTotal
    self.packets = packets
    self.elapsed = elapsed
  }

  /// At most `width` columns: what matters least is left out.
  public func text(width: Int) -> String {
    var parts = [position]
    let pace = rates
    for part in [remaining, "\(humane(packets)) packets"] + pace {
      if let part, displayWidth(parts.joined(separator: "  ")) + 2 + displayWidth(part) <= width {
        parts.append(part)
      }
    }
    let line = parts.joined(separator: "  ")
    let room = width - displayWidth(line) - 3
    guard let share, room >= 10 else { return elided(line, width: width) }
    return bar(share, width: min(room, 40)) + " " + line
  }

  /// 0 to 1.
  private var share: Double? {
    guard let octetsTotal, octetsTotal > 0 else { return nil }
    return min(1, Double(octetsDone) / Double(octetsTotal))
  }

  private var position: String {
    guard let share else { return humane(octets: octetsDone) }
    let percent = String(Int(share * 100))
    return String(repeating: " ", count: 3 - percent.count) + percent + "%"
  }

  private var seconds: Double {
    let (seconds, attoseconds) = elapsed.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// By the pace so far; not before there is one.
  private var remaining: String? {
    guard let share, share > 0, share < 1, seconds >= 0.5 else { return nil }
    let left = seconds * (1 - share) / share
    guard left < 1e9 else { return nil }
    let whole = UInt64(max(1, left.rounded(.up)))
    return (whole < 60 ? "\(whole) s" : humane(nanoseconds: whole * 1_000_000_000)) + " left"
  }

  private var rates: [String?] {
    guard seconds > 0 else { return [] }
    return [
      withUnit(scaled((Double(packets) / seconds).rounded()), "packets/s"),
      withUnit(scaled((Double(octetsDone) / seconds).rounded()), "B/s"),
    ]
  }

  private func bar(_ share: Double, width: Int) -> String {
    let inside = width - 2
    let full = Int(share * Double(inside))
    return "[" + String(repeating: "#", count: full)
      + String(repeating: ".", count: inside - full) + "]"
  }
}

/// What happened in the last minutes, in a character for every few seconds.
struct Sparkline: Sendable {
  static let length = 24
  static let slotSeconds = 5
  static var minutes: Int { length * slotSeconds / 60 }

  /// Of the slots up to `last`.
  private var values = [UInt64](repeating: 0, count: length)
  private var last = 0

  static func slot(at elapsed: Duration) -> Int { Int(elapsed / .seconds(slotSeconds)) }

  mutating func add(_ value: UInt64, slot: Int) {
    advance(to: slot)
    values[Self.length - 1] &+= value
  }

  private mutating func advance(to slot: Int) {
    guard slot > last else { return }
    let gone = min(slot - last, Self.length)
    values = Array(values[gone...]) + [UInt64](repeating: 0, count: gone)
    last = slot
  }

  /// Nothing is left of it.
  func isOver(slot: Int) -> Bool { slot - last >= Self.length }

  /// The highest has the highest block; what is not 0 has one.
  func text(slot: Int) -> String {
    var line = self
    line.advance(to: slot)
    let highest = line.values.max() ?? 0
    return String(
      line.values.map { value in
        guard value > 0 else { return "·" }
        return Self.blocks[Int(Double(value) / Double(highest) * 7)]
      })
  }

  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
}

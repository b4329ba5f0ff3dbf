/// The events of a flow: what happens to it once or a few times.
extension FlowPlanner {
  mutating func perform(_ event: Scenario.Kind) {
    switch event {
    case .replay(let length): replay(length)
    case .forged(let count): forge(count)
    case .outage(let size), .skip(let size): jump(size)
    case .restart:
      let (life, late) = (state.life, holdBack())
      startLife(first: 1, an: lives[life].an, spi: lives[life].spi)
      arriveLate(late, of: life)
    case .rekey:
      rekey()
    case .return:
      let (life, late) = (state.life, holdBack())
      rekey(toAN: freshAN)
      stretch(90)
      rekey(toAN: lives[life].an)
      arriveLate(late, of: life)
    default: break
    }
  }

  /// Sometimes one of the last numbers of a long life is late.
  private mutating func holdBack() -> UInt64? {
    guard state.highest > Margin.longLife, random.chance(0.5) else { return nil }
    let number = state.next
    state.next += 1
    quiet(Margin.quiet)
    return number
  }

  /// A frame of the life before comes when the new one has begun: it is far nearer to the numbers
  /// of the old one, where it is missing.
  private mutating func arriveLate(_ number: UInt64?, of life: Int) {
    guard let number else { return }
    quiet(Margin.quiet)
    frames.append(PlannedFrame(number: number, life: life))
    quiet(Margin.quiet)
  }

  private mutating func rekey(toAN an: UInt8? = nil) {
    let old = lives[state.life]
    let border = frames.count
    if state.carrier == .macsec {
      startLife(first: 1, an: an ?? (old.an + 1) & 3)
    } else {
      startLife(first: 1, an: 0)
    }
    // The last frames under the old key and the first under the new one overtake each other; each
    // association stays in order.
    let overlap = random.below(9)
    quiet(8)
    guard overlap > 0 else { return }
    let before = Array(frames[(border - overlap)..<border])
    let after = Array(frames[border..<(border + overlap)])
    var (b, a) = (0, 0)
    for index in (border - overlap)..<(border + overlap) {
      let takesOld = a == after.count || (b < before.count && random.chance(0.5))
      frames[index] = takesOld ? before[b] : after[a]
      if takesOld { b += 1 } else { a += 1 }
    }
  }

  /// Frames of the last few thousand, once more and in the order of their numbers; well below the
  /// highest, so that the traffic that goes on cannot be taken for more of it.
  private mutating func replay(_ length: ClosedRange<Int>) {
    let from = max(state.firstIndex, frames.count - 3_000)
    let reach: UInt64 = UInt64(Margin.wrapReach)
    let highest = state.highest
    let numbers = Set(
      frames[from...].lazy.filter { [life = state.life] in $0.life == life && !$0.isSuspect }
        .map(\.number)
    ).filter { $0 + 150 <= highest && $0 + reach >= highest }.sorted()
    let room = min(numbers.count, end - frames.count - 2 * Margin.quiet)
    guard room >= length.lowerBound else { return }
    let count = random.from(length.lowerBound...min(length.upperBound, room))
    // Often from the very beginning, where a replay is hardest to tell from a restart.
    let first = random.chance(0.4) ? 0 : random.below(numbers.count - count + 1)
    for number in numbers[first..<(first + count)] { emit(number) }
    state.sinceEvent = 0
  }

  /// Frames with a number far from all others. Three rising ones in a row at most: K of them,
  /// without a genuine frame between, would be a jump. Copies of them confirm nothing. Below the
  /// lowest nothing tells forged frames from a new epoch but that they are fewer than K.
  private mutating func forge(_ range: ClosedRange<Int>) {
    var (inARow, below) = (0, 0)
    var forged: UInt32?
    for _ in 0..<random.from(range) {
      let candidate = forged.map { random.chance(0.5) ? $0 &+ 1 : nil } ?? nil
      guard let number = candidate ?? farNumber(), isFar(number) else { continue }
      if UInt64(number) < state.lowest & 0xFFFF_FFFF {
        guard below < 3 else { continue }
        below += 1
      }
      forged = number
      for _ in 0..<(random.chance(0.1) ? 2 : 1) {
        frames.append(PlannedFrame(number: UInt64(number), life: state.life, isSuspect: true))
        state.emitted += 1
      }
      inARow += 1
      if inARow == 3 || random.chance(0.6) {
        quiet(1)
        inARow = 0
      }
      state.sinceEvent = 0
    }
  }

  private mutating func farNumber() -> UInt32? {
    for _ in 0..<16 {
      let number = UInt32(truncatingIfNeeded: random.next())
      if isFar(number) { return number }
    }
    return nil
  }

  /// Whether a number on the wire is far outside the range seen, whatever its high half.
  private func isFar(_ number: UInt32) -> Bool {
    let above = number &- UInt32(truncatingIfNeeded: state.highest)
    let below = UInt32(truncatingIfNeeded: state.lowest) &- number
    let far: UInt32 = 1 << 26
    let span = state.highest - state.lowest
    return number > 1_000 && above > far && below > far
      && UInt64(above) + UInt64(below) + span == 1 << 32
  }

  private mutating func jump(_ size: ClosedRange<Int>) {
    let highest = Margin.highestPlainNumber - 1 << 27
    guard state.next + UInt64(size.lowerBound) < highest else { return }
    let most = min(UInt64(size.upperBound), highest - state.next)
    state.next += random.from(UInt64(size.lowerBound)...most)
    state.sinceEvent = 0
  }

  /// An AN that the flow has not used. The one that stands in while another is away is such, so
  /// that no association has two epochs within a few frames.
  var freshAN: UInt8? {
    let used = lives.reversed().prefix { $0.flow == state.flow }.map(\.an)
    return (0..<4 as Range<UInt8>).first { !used.contains($0) }
  }
}

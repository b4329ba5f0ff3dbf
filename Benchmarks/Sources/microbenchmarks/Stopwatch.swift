import CMeasure

/// Measures steps by name, again and again, and prints their medians.
struct Stopwatch {
  private struct Step {
    var unit: String
    var count: Int
    var nanoseconds: [UInt64] = []
    var allocations: [UInt64] = []
  }

  private var names: [String] = []
  private var steps: [String: Step] = [:]

  /// Runs `body` and counts what it took.
  ///
  /// - Parameters:
  ///   - count: of what the step does, in `unit`s.
  mutating func time<Result>(
    _ name: String, per unit: String, count: Int, _ body: () -> Result
  ) -> Result {
    let allocations = measure_allocations()
    let start = measure_cpu_nanoseconds()
    let result = body()
    let nanoseconds = measure_cpu_nanoseconds() - start
    if steps[name] == nil { names.append(name) }
    var step = steps[name] ?? Step(unit: unit, count: count)
    step.nanoseconds.append(nanoseconds)
    step.allocations.append(measure_allocations() - allocations)
    steps[name] = step
    return result
  }

  /// A row of Markdown for each step, in the order of their first run.
  var rows: [String] {
    names.compactMap { name in
      guard let step = steps[name] else { return nil }
      let nanoseconds = Double(Self.median(step.nanoseconds)) / Double(max(1, step.count))
      return "| \(name) | \(Self.text(nanoseconds)) | \(step.unit) |"
        + " \(Self.median(step.allocations)) |"
    }
  }

  private static func median(_ values: [UInt64]) -> UInt64 {
    values.sorted()[values.count / 2]
  }

  /// With one decimal.
  private static func text(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}

extension Scenario {
  /// The names with their keys and defaults, for help and errors; each but the last also takes
  /// `share`.
  public static let forms = [
    "loss:rate=0.01", "gilbert-elliott:p=0.005,r=0.3,bad=1,good=0",
    "reorder:rate=0.005,distance=1-20", "duplicate:rate=0.001,distance=0-4",
    "replay:length=4-500", "wrap", "rekey:times=1-3", "return", "restart", "forged:count=1-4",
    "outage:size=70000-2000000", "skip:size=1073741824-3000000000",
    "time-steps:rate=0.001,nanoseconds=100000",
  ]

  /// The keys of one of them; none for a name that is unknown.
  static func keys(of name: String) -> [String] {
    guard let form = forms.first(where: { $0.prefix { $0 != ":" } == name }) else { return [] }
    let keys = form.dropFirst(name.count + 1).split(separator: ",")
      .map { String($0.prefix { $0 != "=" }) }
    return form == forms.last ? keys : keys + ["share"]
  }

  /// Several at once; `none` alone stands for traffic to which nothing happens.
  public static func parse(_ texts: [String]) throws(GeneratorError) -> [Scenario] {
    if texts == ["none"] { return [] }
    var scenarios: [Scenario] = []
    for text in texts { scenarios.append(try Scenario(parsing: text)) }
    return scenarios
  }

  /// One, as `--scenario` takes it: a name, and keys where the defaults do not do:
  /// `reorder:rate=0.02,distance=1-50`.
  public init(parsing text: String) throws(GeneratorError) {
    let specification = Specification(text)
    var fields = try ScenarioFields(specification, of: text)
    let kind: Kind
    switch specification.name {
    case "loss": kind = .loss(rate: try fields.probability("rate", default: 0.01))
    case "gilbert-elliott":
      kind = .gilbertElliott(
        p: try fields.probability("p", default: 0.005),
        r: try fields.probability("r", default: 0.3),
        bad: try fields.probability("bad", default: 1),
        good: try fields.probability("good", default: 0))
    case "reorder":
      kind = .reorder(
        rate: try fields.probability("rate", default: 0.005),
        distance: try fields.range("distance", default: 1...20))
    case "duplicate":
      kind = .duplicate(
        rate: try fields.probability("rate", default: 0.001),
        distance: try fields.range("distance", default: 0...4))
    case "replay": kind = .replay(length: try fields.range("length", default: 4...500))
    case "wrap": kind = .wrap
    case "rekey": kind = .rekey(times: try fields.range("times", default: 1...3))
    case "return": kind = .return
    case "restart": kind = .restart
    case "forged": kind = .forged(count: try fields.range("count", default: 1...4))
    case "outage":
      kind = .outage(size: try fields.range("size", default: 70_000...2_000_000))
    case "skip":
      kind = .skip(size: try fields.range("size", default: 1_073_741_824...3_000_000_000))
    case "time-steps":
      let nanoseconds = try fields.range("nanoseconds", default: 100_000...100_000).upperBound
      kind = .timeSteps(
        rate: try fields.probability("rate", default: 0.001), nanoseconds: nanoseconds)
    case "none": throw .unreadableScenario(text: text, expected: "none to stand alone")
    default: throw .unknownScenario(specification.name)
    }
    let share = try fields.probability("share", default: kind.defaultShare)
    try fields.requireAllUsed()
    self.init(kind, share: share)
    try validate()
  }
}

/// The `key=value` parts of a scenario, each taken once.
private struct ScenarioFields {
  private let text: String
  private let name: String
  private var left: [(name: String, value: String)]

  init(_ specification: Specification, of text: String) throws(GeneratorError) {
    guard let values = specification.values else {
      throw .unreadableScenario(text: text, expected: "name:key=value,key=value")
    }
    self.text = text
    name = specification.name
    left = values
  }

  private mutating func take(_ name: String) -> String? {
    guard let index = left.firstIndex(where: { $0.name == name }) else { return nil }
    return left.remove(at: index).value
  }

  mutating func probability(_ name: String, default value: Double) throws(GeneratorError) -> Double
  {
    guard let field = take(name) else { return value }
    guard let number = Double(field) else {
      throw .unreadableScenario(text: text, expected: "\(name) from 0 to 1")
    }
    return number
  }

  mutating func range(
    _ name: String, default value: ClosedRange<Int>
  ) throws(GeneratorError) -> ClosedRange<Int> {
    guard let field = take(name) else { return value }
    guard let range = parseRange(field) else {
      throw .unreadableScenario(text: text, expected: "\(name) as a number or a range a-b")
    }
    return range
  }

  func requireAllUsed() throws(GeneratorError) {
    guard let unknown = left.first else { return }
    let keys = Scenario.keys(of: name).joined(separator: ", ")
    throw .unreadableScenario(
      text: text, expected: "no '\(unknown.name)'; the keys of \(name) are \(keys)")
  }
}

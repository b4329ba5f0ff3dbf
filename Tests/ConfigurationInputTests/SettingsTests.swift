import ConfigurationInput
import Testing

@Suite("Settings")
struct SettingsTests {
  private let options = [
    CommandOption("config"), CommandOption("database"), CommandOption("filter", shortNames: ["f"]),
    CommandOption("interface", shortNames: ["i"], isRepeating: true),
    CommandOption("promiscuous", shortNames: ["p"], isFlag: true),
    CommandOption("quiet", shortNames: ["q"], isFlag: true), CommandOption("store-every"),
  ]

  private func settings(
    _ text: String?, _ environment: [String: String] = [:]
  ) throws(ConfigurationError) -> Settings {
    try Settings(
      file: text.map { text throws(ConfigurationError) in
        try ConfigurationFile(path: "g.yaml", text: text)
      }, environment: environment, options: options, otherOptions: ["follow"])
  }

  private func arguments(
    _ text: String?, _ environment: [String: String] = [:], _ commandLine: [String] = [],
    wordsSay: String? = nil
  ) throws -> [String] {
    try settings(text, environment).arguments(before: commandLine, wordsSay: wordsSay)
  }

  @Test("a file gives arguments, in the order of the options")
  func file() throws {
    let text = """
      # a capture
      store-every: 5s
      interface: [eth0, eth1]
      promiscuous: true
      quiet: no
      database: "a b.db"
      filter:
      """
    #expect(
      try arguments(text) == [
        "--database=a b.db", "--interface=eth0", "--interface=eth1", "--promiscuous",
        "--store-every=5s",
      ])
    #expect(try arguments("interface: eth0") == ["--interface=eth0"])
    #expect(try arguments("# nothing\n").isEmpty)
    #expect(try arguments(nil).isEmpty)
  }

  @Test("the environment wins over the file, an option at a time, lists as a whole")
  func environment() throws {
    let text = "database: file.db\ninterface: [a, b]\nquiet: true\nstore-every: 2s"
    let environment = [
      "GAPSCOPE_DATABASE": "variable.db", "GAPSCOPE_INTERFACE": "c,d,e", "GAPSCOPE_QUIET": "off",
      "GAPSCOPE_STORE_EVERY": "", "HOME": "/",
    ]
    #expect(
      try arguments(text, environment) == [
        "--database=variable.db", "--interface=c", "--interface=d", "--interface=e",
        "--store-every=2s",
      ])
    let origins = try settings(text, environment).origins
    #expect(origins["database"] == "GAPSCOPE_DATABASE")
    #expect(origins["store-every"] == "g.yaml:4")
  }

  @Test(
    "the command line wins over both, however it is spelled",
    arguments: [
      (["-i", "x"], ["interface"]), (["-qi", "x"], ["interface", "quiet"]),
      (["--interface=x", "--quiet"], ["interface", "quiet"]),
      (["--filter", "-i", "x"], ["filter"]),
      (["--database", "--quiet"], ["database"]), (["--", "--quiet"], []),
      (["-f", "-"], ["filter"]),
    ])
  func commandLine(arguments: [String], given: [String]) throws {
    let text = "database: d\nfilter: esp\ninterface: [a, b]\nquiet: true\nstore-every: 2s"
    let all = [
      ("database", ["--database=d"]), ("filter", ["--filter=esp"]),
      ("interface", ["--interface=a", "--interface=b"]), ("quiet", ["--quiet"]),
      ("store-every", ["--store-every=2s"]),
    ]
    let left = all.filter { !given.contains($0.0) }.flatMap(\.1)
    #expect(try self.arguments(text, [:], arguments) == left)
  }

  @Test("words of the command line take the place of the option that says the same")
  func words() throws {
    let words = ["-i", "eth0", "udp", "port", "4500"]
    #expect(try arguments("filter: esp", [:], words, wordsSay: "filter").isEmpty)
    #expect(try arguments("filter: esp", [:], words) == ["--filter=esp"])
    #expect(
      try arguments("filter: esp", [:], ["--config", "g.yaml", "-i", "eth0"], wordsSay: "filter")
        == ["--filter=esp"])
  }

  @Test(
    "what is wrong in a file is an error with its line",
    arguments: [
      (
        "quiet: true\n\ndatabse: x",
        "g.yaml:3: 'databse' is no option of this command; did you mean 'database'?"
      ),
      ("follow: true", "g.yaml:1: 'follow' is no option of this command"),
      ("quiet: maybe", "g.yaml:1: 'maybe' is neither true nor false"),
      ("quiet: [true, false]", "g.yaml:1: 'quiet' takes one value, not a list"),
      ("database:\n  - a", "g.yaml:1: 'database' takes one value, not a list"),
      ("a: {b: c}", "g.yaml:1: 'a' takes a value or a list of values, nothing deeper"),
      (
        "interface: [[a]]",
        "g.yaml:1: 'interface' takes a value or a list of values, nothing deeper"
      ),
      ("database: a\ndatabase: b", "g.yaml:1: 'database' is there twice"),
      ("database", "g.yaml: has no keys; write 'name: value', with the long name of an option"),
      ("[1, 2]: x", "g.yaml:1: a key is the long name of an option"),
    ])
  func mistakes(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try settings(text) }
    #expect(error?.description == message)
  }

  @Test("what is no YAML is an error with its line")
  func noYAML() {
    let error = #expect(throws: ConfigurationError.self) {
      try settings("quiet: true\na: [b\nc: d")
    }
    #expect(error?.place == "g.yaml:3")
  }

  @Test(
    "a variable that looks like an option is an error",
    arguments: ["DATABSE", "DATABASES", "INTERFACES", "STORE_EVRY", "QUITE"])
  func misspelled(name: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try settings(nil, ["GAPSCOPE_" + name: "x"])
    }
    #expect(
      error?.description.hasPrefix("GAPSCOPE_\(name): names no option; did you mean ") == true)
  }

  @Test(
    "variables of other commands, and of others, are left alone",
    arguments: ["FOLLOW", "SERVICE_HOST", "CAPTURES", "HOME", "BIN"])
  func foreign(name: String) throws {
    #expect(try arguments(nil, ["GAPSCOPE_" + name: "x"]).isEmpty)
  }

  @Test("two configurations differ in the options of which they say different things")
  func differences() throws {
    let first = try settings("database: a\nquiet: true\ninterface: [a, b]")
    let second = try settings("database: a\ninterface: [a]\nfilter: esp")
    #expect(second.differences(from: first) == ["quiet", "interface", "filter"])
    #expect(first.differences(from: first).isEmpty)
  }
}

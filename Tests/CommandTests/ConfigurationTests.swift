import CaptureTestSupport
import Foundation
import Testing

private let rekey = Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path

@Suite("Configuration")
struct ConfigurationTests {
  @Test("the later of file, environment and command line wins")
  func order() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      cd $DIR
      printf 'database: file.db\\ncsv: true\\nquiet: true\\n' > g.yaml
      for how in "" "GAPSCOPE_DATABASE=variable.db"; do
        env $how "$GAPSCOPE" analyze --config g.yaml '\(rekey)' > report.csv || exit
        cat report.csv | head -c 8; echo
      done
      GAPSCOPE_CONFIG=g.yaml GAPSCOPE_DATABASE=no.db GAPSCOPE_CSV=false \\
        "$GAPSCOPE" analyze --json --database line.db '\(rekey)' | head -c 1
      ls *.db
      """, in: directory)
    #expect(result.error == "")
    let head = result.text.split(separator: "\n").first ?? ""
    #expect(result.text == "\(head)\n\(head)\n{file.db\nline.db\nvariable.db\n")
    #expect(head.count == 8)
  }

  @Test("an unknown key is an error with its line and the nearest name")
  func unknown() throws {
    let directory = try TemporaryDirectory()
    try Data("quiet: true\nstor-every: 1s\n".utf8).write(to: directory.url("g.yaml"))
    let result = try Command.run("analyze", "--config", directory.file("g.yaml"), rekey)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(
      result.error.hasSuffix(
        "g.yaml:2: 'stor-every' is no option of this command; did you mean 'store-every'?\n"))
    let variable = try Command.run(
      "analyze", rekey, environment: ["GAPSCOPE_STORE_EVRY": "1s"])
    #expect(variable.status == 64)
    #expect(variable.error.contains("did you mean GAPSCOPE_STORE_EVERY?"))
  }

  @Test("a slip in the name of the variable of the token left a server without one")
  func token() throws {
    let result = try Command.run(
      "serve", "--database", "no.db", environment: ["GAPSCOPE_TOKN": "a-token-of-sixteen"])
    #expect(result.status == 64)
    #expect(result.error.contains("did you mean GAPSCOPE_TOKEN?"))
    #expect(!result.error.contains("sixteen"))
  }

  @Test("another file that was named by mistake was shown where it has control characters")
  func secret() throws {
    let directory = try TemporaryDirectory()
    try Data("a-token-of-sixteen\u{1}\n".utf8).write(to: directory.url("token"))
    let result = try Command.run("analyze", "--config", directory.file("token"), rekey)
    #expect(result.status == 64)
    #expect(result.error.contains("token: no YAML: "))
    #expect(!result.error.contains("sixteen"))
  }

  @Test("a value that makes no sense is refused, and where it comes from is said")
  func value() throws {
    let directory = try TemporaryDirectory()
    try Data("\nhorizon: -1\n".utf8).write(to: directory.url("g.yaml"))
    let result = try Command.run("analyze", "--config", directory.file("g.yaml"), rekey)
    #expect(result.status == 64)
    #expect(result.error.contains("Note: --horizon is from \(directory.file("g.yaml")):2"))
  }

  @Test("a file that is not there is an error")
  func missing() throws {
    let result = try Command.run("analyze", "--config", "/nowhere/g.yaml", rekey)
    #expect(result.status == 1)
    #expect(result.error.contains("/nowhere/g.yaml: cannot be opened"))
  }

  @Test("serve had no configuration, though capture, which serves too, had one")
  func serve() async throws {
    let directory = try TemporaryDirectory()
    let database = directory.file("live.db")
    try Data("database: \(database)\nlisten: 127.0.0.1:0\n".utf8).write(
      to: directory.url("g.yaml"))
    let server = try BackgroundProcess(
      "/usr/bin/env",
      [
        "GAPSCOPE_METRICS_ASSOCIATIONS=3", "GAPSCOPE_STORE_EVERY=1s", Command.path, "serve",
        "--config", directory.file("g.yaml"),
      ])
    _ = try await server.waitForOutput(#/Serving (.*/live\.db) at http://127\.0\.0\.1:\d+//#)
    server.stop()
    let refused = try Command.run(
      "serve", "--config", directory.file("g.yaml"),
      environment: ["GAPSCOPE_METRICS_ASSOCIATIONS": "-3"])
    #expect(refused.status == 64)
    #expect(
      refused.error.contains("Note: --metrics-associations is from GAPSCOPE_METRICS_ASSOCIATIONS"))
    try Data("databse: x\n".utf8).write(to: directory.url("g.yaml"))
    let unknown = try Command.run("serve", "--config", directory.file("g.yaml"))
    #expect(unknown.status == 64 && unknown.error.contains("g.yaml:1: 'databse' is no option"))
  }

  @Test("help is to be had with any configuration")
  func help() throws {
    let result = try Command.run(
      "analyze", "--help", environment: ["GAPSCOPE_CONFIG": "/nowhere/g.yaml"])
    #expect(result.status == 0)
  }

  @Test(
    "SIGHUP: what can change does, what cannot is named, a mistake changes nothing")
  func reload() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      cd $DIR
      said() {
        for i in $(seq 3000); do grep -q "$1" errors && return; sleep 0.02; done
        echo "never said: $1"
      }
      printf 'pps: 50\\nloop: 1000\\ncsv: true\\ndatabase: live.db\\n' > g.yaml
      "$GAPSCOPE" analyze --config g.yaml '\(rekey)' > report 2> errors & pid=$!
      for i in $(seq 3000); do test -e live.db && break; sleep 0.02; done
      printf 'pps: 60\\nloop: 1000\\njson: true\\nfail-if: lost>1\\ndatabase: live.db\\n' > g.yaml
      kill -HUP $pid; said 'read again: --csv, --fail-if, --json changed'
      said 'Note: --pps cannot change while it runs'
      printf 'jsn: true\\n' > g.yaml
      kill -HUP $pid; said 'stays as it was'
      said "did you mean 'json'"
      kill -INT $pid; wait $pid
      head -c 1 report
      """, in: directory)
    #expect(result.text == "{")
  }

  @Test("without a configuration SIGHUP ends the reading; what was read is reported")
  func hangup() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      cd $DIR
      "$GAPSCOPE" analyze --pps 20 --loop --csv --database live.db '\(rekey)' > report & pid=$!
      for i in $(seq 3000); do test -e live.db && break; sleep 0.02; done
      sleep 0.1
      kill -HUP $pid; wait $pid; echo "status $?"
      test -s report && echo reported
      """, in: directory)
    #expect(result.text == "status 0\nreported\n")
  }
}

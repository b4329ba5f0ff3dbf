import CaptureTestSupport
import Foundation
import Testing

@Suite("serve")
struct ServeTests {
  /// Starts the command, asks it once through bash and ends it by the signal.
  private func serve(_ path: String, signal: String) throws -> ProcessOutcome {
    let directory = try TemporaryDirectory()
    return try Command.shell(
      """
      gunzip -c '\(Command.demo.path)/esp-esn-wrap.pcap.gz' > "$DIR/link.pcap"
      "$GAPSCOPE" analyze -q --database "$DIR/live.db" "$DIR/link.pcap" > /dev/null || exit 99
      set -m  # Without it bash starts what is in the background with SIGINT ignored.
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen 127.0.0.1:0 2> "$DIR/notice" &
      for i in {1..600}; do grep -q http "$DIR/notice" && break; sleep 0.1; done
      port=$(sed -n 's|.*http://127.0.0.1:\\([0-9]*\\)/|\\1|p' "$DIR/notice")
      exec 3<> "/dev/tcp/127.0.0.1/$port" || exit 98
      printf 'GET \(path) HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3
      cat <&3
      kill -\(signal) $!
      wait $!
      """, in: directory)
  }

  @Test("answers over its socket and ends cleanly with a signal", arguments: ["INT", "TERM"])
  func signals(signal: String) throws {
    let result = try serve("/api/v1/points", signal: signal)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.text.hasPrefix("HTTP/1.1 200 OK"))
    #expect(result.text.contains("\"name\":\"default\""))
  }

  @Test("the stream sends a state at once and goes on; the end of the server is its end")
  func stream() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      gunzip -c '\(Command.demo.path)/esp-esn-wrap.pcap.gz' > "$DIR/link.pcap"
      "$GAPSCOPE" analyze -q --database "$DIR/live.db" "$DIR/link.pcap" > /dev/null || exit 99
      set -m
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen 127.0.0.1:0 2> "$DIR/notice" &
      for i in {1..600}; do grep -q http "$DIR/notice" && break; sleep 0.1; done
      port=$(sed -n 's|.*http://127.0.0.1:\\([0-9]*\\)/|\\1|p' "$DIR/notice")
      exec 3<> "/dev/tcp/127.0.0.1/$port" || exit 98
      printf 'GET /api/v1/stream HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3
      states=0
      while ((states < 2)) && read -r -t 60 line <&3; do
        echo "$line"
        [[ $line == 'event: state'* ]] && states=$((states + 1))
      done
      kill -TERM $!
      cat <&3 > "$DIR/rest"  # Comes to its end.
      wait $!
      """, in: directory)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.text.hasPrefix("HTTP/1.1 200 OK"))
    #expect(result.text.contains("Content-Type: text/event-stream"))
    #expect(result.text.ranges(of: "event: state").count == 2)
  }

  @Test("a port that is taken is an error that says what to do")
  func takenPort() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen 127.0.0.1:0 2> "$DIR/notice" &
      for i in {1..600}; do grep -q http "$DIR/notice" && break; sleep 0.1; done
      port=$(sed -n 's|.*http://127.0.0.1:\\([0-9]*\\)/|\\1|p' "$DIR/notice")
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen "127.0.0.1:$port"
      status=$?
      kill $!
      wait
      exit $status
      """, in: directory)
    #expect(result.status == 1)
    #expect(result.error.contains("name another port with --listen"))
  }

  @Test(
    "speaks TLS with the certificate that it is given, and nothing without TLS",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
      "openssl is not installed"))
  func tls() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \\
        -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \\
        -keyout "$DIR/key.pem" -out "$DIR/cert.pem" 2> /dev/null || exit 99
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen 127.0.0.1:0 \\
        --certificate "$DIR/cert.pem" --key "$DIR/key.pem" 2> "$DIR/notice" &
      for i in {1..600}; do grep -q https "$DIR/notice" && break; sleep 0.1; done
      port=$(sed -n 's|.*https://127.0.0.1:\\([0-9]*\\)/|\\1|p' "$DIR/notice")
      printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' |
        openssl s_client -connect "127.0.0.1:$port" -CAfile "$DIR/cert.pem" -verify_return_error \\
          -verify_ip 127.0.0.1 -quiet 2> /dev/null || exit 97
      exec 3<> "/dev/tcp/127.0.0.1/$port" || exit 98
      # The server may be gone behind the first line: SIGPIPE must not end this shell.
      (printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3) 2> /dev/null
      timeout 60 cat <&3 | grep -a HTTP/1.1
      kill $!
      wait
      """, in: directory)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.text.hasPrefix("HTTP/1.1 200 OK"))
    #expect(result.text.ranges(of: "HTTP/1.1").count == 1)
  }

  @Test(
    "the key of another certificate was an error without the names of the files",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"),
      "openssl is not installed"))
  func otherKey() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      for name in a b; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \\
          -subj /CN=localhost -keyout "$DIR/$name.key" -out "$DIR/$name.pem" 2> /dev/null || exit 99
      done
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen 127.0.0.1:0 \\
        --certificate "$DIR/a.pem" --key "$DIR/b.key"
      """, in: directory)
    #expect(result.status == 1)
    #expect(result.error.contains("b.key: not the key of the certificate in"), "\(result.error)")
    #expect(result.error.contains("a.pem; name that one"), "\(result.error)")
  }

  @Test("a host that nobody knows was an error in the words of a library")
  func unknownHost() throws {
    let result = try Command.run(
      "serve", "--database", "live.db", "--open", "--listen", "nowhere.invalid:0")
    #expect(result.status == 1)
    #expect(
      result.error == """
        Error: cannot serve at nowhere.invalid:0: no host of this name is known; name an address

        """)
  }

  @Test("files that are no certificate or key are named")
  func badCertificates() throws {
    let directory = try TemporaryDirectory()
    let result = try Command.shell(
      """
      echo nothing > "$DIR/cert.pem"
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen 127.0.0.1:0 \\
        --certificate "$DIR/cert.pem" --key "$DIR/missing.pem"
      """, in: directory)
    #expect(result.status == 1)
    #expect(result.error.contains("cert.pem: cannot be read as certificates in PEM"))
    let half = try Command.run("serve", "--database", "x.db", "--key", "k.pem")
    #expect(half.status == 64)
  }

  @Test("other machines are not served without a token, or saying so")
  func otherAddress() throws {
    let result = try Command.run("serve", "--database", "x.db", "--listen", "0.0.0.0:8080")
    #expect(result.status == 64)
    #expect(result.error.contains("--token-file") && result.error.contains("--open"))
  }

  @Test("a token that every user can read is said to be so", arguments: [0o644, 0o640])
  func readableToken(mode: Int) async throws {
    let directory = try TemporaryDirectory()
    // What comes behind it is refused: the warning came before.
    let result = try Command.shell(
      """
      printf 0123456789abcdef0123 > "$DIR/token"; chmod \(String(mode, radix: 8)) "$DIR/token"
      "$GAPSCOPE" serve --database "$DIR/live.db" --listen 127.0.0.1:0 --token-file "$DIR/token" \\
        --certificate "$DIR/missing" --key "$DIR/missing"
      """, in: directory)
    #expect(result.status == 1)
    #expect(result.error.contains("chmod o= \(directory.file("token"))") == (mode == 0o644))
    #expect(!result.error.contains("0123456789abcdef"))
  }

  @Test("a token that is none is refused, and is not printed")
  func badTokens() throws {
    let directory = try TemporaryDirectory()
    for token in ["short-secret", "", "with a space in the middle of it", "schlüssel-schlüssel"] {
      let result = try Command.shell(
        """
        printf '%s\\n' '\(token)' > "$DIR/token"
        "$GAPSCOPE" serve --database "$DIR/live.db" --token-file "$DIR/token"
        """, in: directory)
      #expect(result.status == 1)
      #expect(result.error.contains("at least 16 characters"))
      #expect(token.isEmpty || !result.error.contains(token))
    }
    let both = try Command.shell(
      """
      GAPSCOPE_TOKEN=0123456789abcdef "$GAPSCOPE" serve --database "$DIR/live.db" --open
      """, in: directory)
    #expect(both.status == 64)
  }
}

import CaptureTestSupport
import Foundation
import Testing

@Suite("Packaging")
struct PackagingTests {
  private static let packaging = Command.packageRoot.appendingPathComponent("packaging")

  @Test("the example of a configuration has options of capture only")
  func example() throws {
    // Without the interface that the example names it is as good as any, and no frame is taken.
    let result = try Command.run(
      "capture", "--config", Self.packaging.appendingPathComponent("gapscope.yaml").path, "-i",
      "nowhere0", "--database", "/nowhere/live.db")
    #expect(result.status == 1)
    #expect(result.error.contains("nowhere0"))
    #expect(!result.error.contains(".yaml"))
  }

  @Test(
    "systemd has nothing against the unit",
    .enabled(if: Self.has("systemd-analyze"), "needs systemd-analyze"))
  func unit() throws {
    let directory = try TemporaryDirectory()
    let unit = Self.packaging.appendingPathComponent("gapscope.service").path
    let result = try Command.shell(
      """
      sed "/^Documentation/d; s|/usr/bin/gapscope|$GAPSCOPE|" '\(unit)' > $DIR/gapscope.service
      systemd-analyze verify $DIR/gapscope.service 2>&1
      """, in: directory)
    #expect(result.status == 0)
    #expect(result.text == "")
  }

  @Test("a build without the library of the charts says what installs it")
  func library() throws {
    let directory = try TemporaryDirectory()
    let tool = URL(fileURLWithPath: Command.path).deletingLastPathComponent()
      .appendingPathComponent("PageEmbedder").path
    let result = try Command.shell(
      "'\(tool)' $DIR/out.swift $DIR all dygraphs.js=$DIR/nowhere.js", in: directory)
    #expect(result.status == 1 && !directory.holds("out.swift"))
    #expect(result.error.hasPrefix("error: \(directory.file("nowhere.js")): cannot be read."))
    #expect(result.error.contains("scripts/setup installs: the Debian package libjs-dygraphs"))
    #expect(result.error.split(separator: "\n").count == 1)
  }

  @Test(
    "a package installs, runs and goes away again, all of it",
    .enabled(
      if: Self.has("dpkg-deb") && Self.has("dpkg-shlibdeps") && Self.has("strip"),
      "needs dpkg-dev and binutils"))
  func package() throws {
    let directory = try TemporaryDirectory()
    // Of the binary at hand, whose runtime libraries belong to no package; not to wait for another.
    let made = try Command.shell(
      "'\(Command.packageRoot.path)/scripts/deb' $GAPSCOPE $DIR", in: directory,
      environment: ["SHLIBDEPS": "--ignore-missing-info", "COMPRESSION": "none"])
    #expect(made.status == 0, "\(made.error)")
    let package = made.text.trimmingCharacters(in: .newlines)
    let contents = try Command.shell("dpkg-deb --contents '\(package)'", in: directory)
    for path in [
      "usr/bin/gapscope", "lib/systemd/system/gapscope.service", "usr/share/man/man1/gapscope.1.gz",
      "usr/share/doc/gapscope/copyright", "usr/share/doc/gapscope/copyright.dygraphs",
      "usr/share/doc/gapscope/examples/gapscope.yaml",
      "usr/share/doc/gapscope/examples/prometheus/gapscope.rules.yaml",
      "usr/share/doc/gapscope/examples/grafana/gapscope.json",
      "usr/share/doc/gapscope/configuration.md", "usr/share/bash-completion/completions/gapscope",
      "usr/share/zsh/vendor-completions/_gapscope",
      "usr/share/fish/vendor_completions.d/gapscope.fish",
    ] {
      #expect(contents.text.contains(" root/root ") && contents.text.contains("./\(path)\n"))
    }
    let tried = try Command.shell(
      "'\(Command.packageRoot.path)/scripts/try-deb' '\(package)'", in: directory)
    if tried.status == 77 { return print(tried.error) }
    #expect(tried.status == 0, "\(tried.text)\n\(tried.error)")
    guard Self.has("lintian") else { return }
    // Of a debug build, whose runtime libraries lie elsewhere, and which is not compressed.
    let mistakes = try Command.shell(
      """
      lintian --allow-root '\(package)' 2>/dev/null | grep '^E' |
        grep -v -e custom-library-search-path -e uses-no-compression
      """, in: directory)
    #expect(mistakes.text == "")
  }

  private static func has(_ tool: String) -> Bool {
    ["/usr/bin/", "/bin/", "/usr/sbin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + tool)
    }
  }
}

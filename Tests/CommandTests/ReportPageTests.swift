import CaptureTestSupport
import Foundation
import Testing

/// The page that `gapscope report` makes, opened from its file in a browser. Screenshots are left in
/// `.build/screenshots`.
@Suite(
  "The page of a report in a browser", .serialized, .enabled(if: Browser.isThere, Browser.absence))
struct ReportPageTests {
  private let directory: TemporaryDirectory
  private var database: String { directory.file("live.db") }

  init() throws { directory = try TemporaryDirectory() }

  /// Makes the report of what is in the database, and opens it.
  private func openReport() async throws -> Browser {
    let made = try Command.run(
      "report", "-q", "--database", database, "--html", directory.file("report.html"))
    #expect(made.status == 0, "\(made.error)")
    let browser = try await Browser()
    try await browser.open("file://\(directory.file("report.html"))")
    return browser
  }

  @Test("a report: one file with the same pictures, which opens without a server")
  func report() async throws {
    try Command.storeDemo(in: database)
    let browser = try await openReport()
    try await browser.wait(".verdict", says: "6 of 12 associations lost packets.")
    #expect(try await browser.texts("#connection").first?.hasPrefix("Report of 20") == true)
    #expect(try await browser.texts(".tile .value").prefix(3) == ["0.42%", "6", "–"])
    #expect(try await browser.texts(".bars li a").count == 5)
    // A report is read some other day than it was made.
    #expect(try await browser.text("/\\bago\\b/.test(document.body.innerText)") == "false")
    // Epochs of one name were not told apart.
    let worst = try await browser.texts(".bars li a")
    #expect(Set(worst).count == 5 && worst.contains { $0.hasSuffix("AN 0 epoch 1") }, "\(worst)")
    // The worst ones with their pictures, one below the other.
    try await browser.wait(
      for: "document.querySelectorAll('.picture .chart[data-kind=missing] canvas').length === 10")
    #expect(
      try await browser.texts(".picture:first-child .title").map { $0.prefix(4) } == [
        "Lost", "Reor", "Dupl", "Pack", "Mean", "Numb", "",
      ])
    #expect(try await browser.texts(".picture:first-child .limit")[5] == "64 gaps")
    #expect(try await !browser.drawn("missing", in: ".picture:first-child").isEmpty)
    #expect(
      try await browser.text("document.querySelector('footer pre').textContent")
        .contains("Permission is hereby granted"))
    #expect(try await browser.texts(".picture .epochs").count == 3)
    try await browser.wait(".pages", says: "1–12 of 12")
    try await browser.checkAccessibility()
    try await browser.screenshot("report")
    try await browser.click("button[data-column=packets]")
    try await browser.wait(".associations th[aria-sort]", says: "Packets")
    let packets = try await browser.texts(".associations td:nth-child(10)")
    #expect(packets.first == "6,002")

    try await browser.click(".bars li:first-child a")
    try await browser.wait("h1", says: "MACsec 02:00:00:00:0a:01/1 AN 0")
    try await browser.wait("nav.pages", says: "1–50 of 64")
    try await browser.run("document.querySelector('.plot').focus()")
    try await browser.type("++")
    try await browser.wait(for: "!document.querySelector('nav.pages').innerText.includes('of 64')")
    #expect(try await browser.texts(".gaps a").isEmpty)
    try await browser.checkAccessibility()
    try await browser.back()
    try await browser.wait(".pages", says: "1–12 of 12")
    let requests =
      try await browser.run(
        "return performance.getEntriesByType('resource').map(entry => entry.name)") as? [String]
    #expect(requests?.filter { !$0.hasPrefix("data:") } == [])
    let console = try await browser.console()
    #expect(console == [])
    // On paper, of which A4 has about 720 points within its margins: all in sight, nothing to press.
    try await browser.resize(width: 720)
    try await browser.devTools("Emulation.setEmulatedMedia", ["media": "print"])
    try await browser.wait(
      for: "document.documentElement.scrollWidth === document.documentElement.clientWidth")
    #expect(try await browser.texts(".verdict").first?.contains("came 2026-11-23 01:07:32") == true)
    #expect(
      try await browser.run("return document.querySelector('.tools button').checkVisibility()")
        as? Bool == false)
    try await browser.screenshot("report-print")
  }

  @Test("a report of names that look like markup shows them as they are")
  func hostileReport() async throws {
    let name = "</script><script>hacked()</script><b>"
    let folder = directory.file(String(name.split(separator: "/")[0]))
    let file = "\(folder)/script><img src=x onerror=hacked()>.pcap.gz"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Command.demo.appendingPathComponent("macsec-mka-rekey.pcap.gz").path, toPath: file)
    let stored = try Command.run(
      "analyze", "-q", "--database", database, "--point", "\(name)=\(file)")
    #expect(stored.status == 0, "\(stored.error)")
    let browser = try await openReport()
    try await browser.wait(".verdict", says: "4 of 8 associations lost packets.")
    #expect(try await browser.texts("[aria-label='Points of capture'] tbody th").contains(name))
    try await browser.click(".bars li:first-child a")
    try await browser.wait("nav.pages", says: "1–11 of 11")
    #expect(
      try await browser.text("document.querySelector('.gaps td[title]').title").hasSuffix(
        "script><img src=x onerror=hacked()>.pcap.gz"))
    // What ran would be said on the console.
    let console = try await browser.console()
    #expect(console == [])
  }

  @Test("a run of which something was given up, and a capture that is cut off, looked whole")
  func approximate() async throws {
    // A single capture that is damaged, with more gaps than are kept.
    let cut = try Command.shell(
      """
      zcat '\(Command.demo.path)/macsec-loss-reorder-duplicates.pcap.gz' | head -c -5 > "$DIR/cut.pcap"
      exec "$GAPSCOPE" analyze -q --max-gaps 3 --database "$DIR/live.db" "$DIR/cut.pcap"
      """, in: directory)
    #expect(cut.status == 2, "\(cut.error)")
    let browser = try await openReport()
    try await browser.wait(
      ".verdict", says: "1 capture could not be read to the end. Approximate: ")
    #expect(try await browser.texts(".notes li").contains { $0.contains("forgotten (--max-gaps)") })
    try await browser.checkAccessibility()
    #expect(try await browser.faint() == [])
    try await browser.screenshot("approximate")
    let console = try await browser.console()
    #expect(console == [])
  }
}

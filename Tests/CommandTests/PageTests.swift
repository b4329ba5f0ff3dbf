import CaptureTestSupport
import Foundation
import Testing

/// The page of `gapscope serve`, looked at and worked with in a browser. Screenshots are left in
/// `.build/screenshots`.
@Suite(
  "The page in a browser", .serialized, .enabled(if: Browser.isThere, Browser.absence))
struct PageTests {
  private let directory: TemporaryDirectory
  private var database: String { directory.file("live.db") }

  init() throws { directory = try TemporaryDirectory() }

  private func serve(port: String = "0") async throws -> (server: BackgroundProcess, port: String) {
    let server = try BackgroundProcess(
      Command.path, ["serve", "--database", database, "--listen", "127.0.0.1:\(port)"])
    return (server, try await server.waitForOutput(#/at http://127\.0\.0\.1:(\d+)//#))
  }

  @Test("real captures: at a glance, one association, its gaps in a stretch of time, and back")
  func captures() async throws {
    try Command.storeDemo(in: database)
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser()
    try await browser.open("http://127.0.0.1:\(port)/")

    try await browser.wait(".verdict", says: "6 of 12 associations lost packets.")
    #expect(try await browser.texts(".tile .value") == ["0.42%", "6", "–", "6,851", "32.1 k"])
    let exact = try await browser.text("document.querySelector('.tile .value .figure').title")
    #expect(exact.hasPrefix("0.41855380") && exact.hasSuffix("%"))
    #expect(try await browser.text("document.title") == "0.42% lost – Gapscope")
    #expect(try await browser.texts(".bars li a").count == 5)
    try await browser.wait(".pages", says: "1–12 of 12")
    let first = try await browser.texts(".associations tbody tr:first-child > *")
    #expect(
      first.prefix(10) == [
        "MACsec 02:00:00:00:0a:01/1 AN 0", "impaired", "1.1%", "66", "0", "64", "4,184", "61", "0",
        "5,997",
      ])
    try await browser.screenshot("overview")

    try await browser.click(".associations tbody tr:first-child a")
    try await browser.wait("h1", says: "MACsec 02:00:00:00:0a:01/1 AN 0")
    try await browser.wait(".verdict", says: "66 packets are missing, since 2026-11-23 01:03:12")
    try await browser.wait(
      ".verdict", says: "62 of 64 gaps are single packets, the largest is of 2")
    try await browser.wait("nav.pages", says: "1–50 of 64")
    #expect(
      try await browser.texts(".lane .title").map { $0.prefix(4) } == [
        "Lost", "Reor", "Dupl", "Pack", "Mean", "Numb", "",
      ])
    let notes = try await browser.texts(".lane .limit")
    #expect(notes[0].hasPrefix("66 in all") && notes[5] == "64 gaps")
    for kind in ["lost", "reordered", "duplicates", "packets", "spacing", "missing"] {
      #expect(try await !browser.drawn(kind).isEmpty, "\(kind)")
    }
    #expect(try await browser.texts(".dygraph-axis-label-x").contains("01:03:13.000"))
    let licence = try await browser.run(
      "return fetch(document.querySelector('footer a[href$=txt]').href).then(found => found.text())"
    )
    #expect((licence as? String)?.contains("Permission is hereby granted") == true)
    let filter = try await browser.text("document.querySelector('.gaps code').textContent")
    #expect(filter.hasSuffix("&& frame.number >= 94 && frame.number <= 112"))
    try await browser.screenshot("association")

    // By the keys; the table and the picture show the same stretch.
    try await browser.run("document.querySelector('.plot').focus()")
    try await browser.type("++")
    try await browser.wait(for: "!document.querySelector('nav.pages').innerText.includes('of 64')")
    let status = try await browser.texts("nav.pages span").first ?? ""
    let shown = try #require(status.split(separator: " ").last.flatMap { Int($0) })
    #expect(shown > 0 && shown < 64)
    try await browser.wait(
      for: "document.querySelectorAll('.lane .limit')[5].innerText === '\(shown) gaps'")
    try await browser.screenshot("association-zoomed")
    try await browser.type("0")
    try await browser.wait("nav.pages", says: "of 64")
    try await browser.click("nav.pages button:last-of-type")
    try await browser.wait("nav.pages", says: "51–64 of 64")
    try await browser.click(".gaps button[data-column=missing]")
    try await browser.wait(for: "document.querySelector('.gaps td:nth-child(2)').innerText === '2'")

    try await drags(browser)
    try await browser.click(".back a")
    try await browser.wait(".pages", says: "1–12 of 12")
    let console = try await browser.console()
    #expect(console == [])
  }

  /// Drags, moves, chooses a part of the whole, and points at something.
  private func drags(_ browser: Browser) async throws {
    let whole = try await range(browser)
    // Only time is zoomed, however slanting one drags.
    try await browser.drag(from: browser.place(0.25, 0.1), to: browser.place(0.5, 0.9))
    try await browser.wait(for: "!document.querySelector('nav.pages').innerText.includes('of 64')")
    let zoomed = try await range(browser)
    #expect(zoomed.hasSuffix(" 1.31 s"), "a quarter of \(whole)")
    try await browser.drag(from: browser.place(0.5), to: browser.place(0.25), shift: true)
    let moved = try await range(browser)
    #expect(moved != zoomed && moved.hasSuffix(" 1.31 s"))
    // What comes by dragging is exact on pointing at it.
    let place = try await browser.place(0.5)
    try await browser.devTools(
      "Input.dispatchMouseEvent", ["type": "mouseMoved", "x": place.x, "y": place.y])
    let told = try await browser.texts(".tip div")
    #expect(told.first?.hasPrefix("01:03:1") == true && told[1].contains(/^Lost: \d+$/))
    for count in 1...2 {
      for kind in ["mousePressed", "mouseReleased"] {
        try await browser.devTools(
          "Input.dispatchMouseEvent",
          ["type": kind, "x": place.x, "y": place.y, "button": "left", "clickCount": count])
      }
    }
    #expect(try await range(browser) == whole)
    let handle = try #require(
      try await browser.run(
        """
        const handle = document.querySelector('.dygraph-rangesel-zoomhandle');
        handle.scrollIntoView({ block: 'center' });
        const box = handle.getBoundingClientRect();
        return [box.left + box.width / 2, box.top + box.height / 2];
        """) as? [Double])
    try await browser.drag(
      from: (handle[0], handle[1]), to: (handle[0] + 300, handle[1]))
    try await browser.wait(for: "document.querySelector('.tools .note').innerText !== '\(whole)'")
    try await browser.wait(for: "!document.querySelector('nav.pages').innerText.includes('of 64')")
  }

  @Test("a rekey: the other epochs of the channel, and numbers that the sender passed over")
  func epochs() async throws {
    try Command.storeDemo(in: database)
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser()
    try await browser.open("http://127.0.0.1:\(port)/#/?point=rekey&losing=1")
    try await browser.wait(".pages", says: "1–4 of 4")
    try await browser.click(".associations tbody tr:first-child a")
    try await browser.wait(".epochs", says: "AN 0 epoch 1")
    #expect(try await browser.texts(".epochs tbody th").count == 4)
    try await browser.wait(".tiles", says: "3.22 G numbers skipped by the sender")
    try await browser.screenshot("rekey")
    try await browser.click(".epochs tbody tr:last-child a")
    try await browser.wait(".verdict", says: "7 packets are missing")
    try await browser.wait("h1", says: "epoch 1")
    try await browser.back()
    try await browser.wait(".verdict", says: "11 packets are missing")
    let console = try await browser.console()
    #expect(console == [])
  }

  @Test("50,000 associations: pages, sorting, searching, as the address says")
  func many() async throws {
    let made = try Command.shell(
      """
      "$GAPSCOPE" generate --packets 150000 --flows 50000 --scenario loss:rate=0.05 \
        --truth none -o "$DIR/many.pcap"
      "$GAPSCOPE" analyze -q --database "$DIR/live.db" "$DIR/many.pcap" > /dev/null
      """, in: directory)
    #expect(made.status == 0, "\(made.error)")
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser()
    try await browser.open("http://127.0.0.1:\(port)/")
    try await browser.wait(".pages", says: "1–50 of 50,000")
    try await browser.wait(".verdict", says: "of 50 k associations lost packets")
    #expect(try await browser.texts(".associations tbody tr").count == 50)
    #expect(try await browser.texts("th[aria-sort=descending]") == ["Lost▼"])
    let worst = try await browser.texts(".associations tbody th")[0]
    try await browser.screenshot("many")
    try await browser.show(dark: true)
    try await browser.checkAccessibility()
    try await browser.screenshot("many-dark")
    try await browser.resize(width: 360)
    try await browser.checkAccessibility()
    try await browser.screenshot("many-narrow-dark")
    try await browser.show(dark: false)
    try await browser.screenshot("many-narrow")
    try await browser.resize(width: 1280)

    try await browser.click(".pages button:last-of-type")
    try await browser.wait(".pages", says: "51–100 of 50,000")
    #expect(try await browser.texts(".associations tbody th")[0] != worst)
    try await browser.click(".pages button:last-of-type")
    try await browser.wait(".pages", says: "101–150 of 50,000")
    let third = try await browser.texts(".associations tbody th")
    try await browser.click(".associations tbody tr:nth-child(3) a")
    try await browser.wait("h1", says: third[2])
    try await browser.wait(for: "document.querySelector('.back a')")
    try await browser.click(".back a")
    try await browser.wait(".pages", says: "101–150 of 50,000")
    #expect(try await browser.texts(".associations tbody th") == third)
    try await browser.click(".pages button:first-of-type")
    try await browser.wait(".pages", says: "51–100 of 50,000")
    try await browser.back()
    try await browser.wait(".pages", says: "101–150 of 50,000")

    try await browser.click("button[data-column=packets]")
    try await browser.wait(".pages", says: "1–50 of 50,000")
    try await browser.wait(".associations th[aria-sort]", says: "Packets")
    let packets = try await browser.texts(".associations td:nth-child(10)").compactMap { Int($0) }
    #expect(packets.count == 50 && packets == packets.sorted(by: >))
    try await browser.click("button[data-column=packets]")
    try await browser.wait(for: "document.querySelector('th[aria-sort=ascending]')")
    try await browser.wait(for: "document.querySelector('[aria-busy=false]')")
    let fewest = try await browser.texts(".associations td:nth-child(10)").compactMap { Int($0) }
    #expect(try #require(fewest.first) < packets[49] && fewest == fewest.sorted())

    // The name of one finds it, and / leads to where one writes it.
    try await browser.run("document.activeElement.blur()")
    try await browser.type("/" + worst)
    try await browser.wait(".pages", says: "1–1 of 1")
    #expect(try await browser.texts(".associations tbody th") == [worst])
    #expect(try await browser.text("location.hash").contains("search="))
    try await search(browser, "nonsense lost>1")
    try await browser.wait("#search-note", says: "Not understood: nonsense")
    let lost = try await browser.texts(".associations td:nth-child(4)").compactMap { Int($0) }
    #expect(!lost.isEmpty && lost.allSatisfy { $0 > 1 })
    try await search(browser, "192.0.2.0/24")
    try await browser.wait(".associations .empty", says: "No association is like that. Show all")
    try await browser.click(".associations .empty a")
    try await browser.wait(".pages", says: "1–50 of 50,000")
    try await browser.click("input[type=checkbox]")
    try await browser.wait(for: "!document.querySelector('.pages').innerText.includes('50,000')")

    // How long the server took is for docs/dashboard.md; the page itself waits for 15 s.
    let durations =
      try await browser.run(
        """
        return performance.getEntriesByType('resource').filter(({ name }) =>
          name.includes('/api/v1/associations?')).map(({ duration }) => Math.round(duration));
        """) as? [Int] ?? []
    #expect(durations.count >= 10)
    print("50,000 associations, ms a page: \(durations.sorted())")

    // As one file it has the worst, and the rest in sum.
    let report = try Command.run(
      "report", "-q", "--database", database, "--html", directory.file("report.html"))
    #expect(report.status == 0, "\(report.error)")
    let file = try Data(contentsOf: directory.url("report.html"))
    #expect(file.count < 8_000_000)
    try await browser.open("file://\(directory.file("report.html"))")
    try await browser.wait(".pages", says: "1–50 of 50,000")
    try await browser.wait(
      ".pages + .note", says: "The other 49,000 lost ")
    #expect(try await browser.texts(".associations tbody th a[href]").count == 20)
    let console = try await browser.console()
    #expect(console == [])
  }

  private func search(_ browser: Browser, _ text: String) async throws {
    try await browser.run("document.querySelector('#search').select()")
    try await browser.type(text)
    try await browser.wait(
      for: "new URLSearchParams(location.hash.slice(3)).get('search') === '\(text)'")
    try await browser.wait(for: "document.querySelector('[aria-busy=false]')")
  }

  @Test("on paper the charts are light, as wide as it and fine, whatever the screen is")
  func paper() async throws {
    try Command.storeDemo(in: database)
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser(dark: true)
    try await browser.open("http://127.0.0.1:\(port)/#/?point=rekey&losing=1")
    try await browser.wait(".pages", says: "1–4 of 4")
    try await browser.click(".associations tbody tr:first-child a")
    try await browser.wait("nav.pages", says: "of 11")
    let screen = try await browser.drawn("lost")
    // What is on its chart then, as a browser leaves it to the printer.
    try await browser.run("window.dispatchEvent(new Event('beforeprint'))")
    let printed = try await browser.drawn("lost")
    #expect(printed.count == screen.count)
    for (one, other) in zip(printed, screen) {
      #expect(abs(one.lowerBound - other.lowerBound) < 0.003)
    }
    let colour = "getComputedStyle(document.documentElement).getPropertyValue('--lost')"
    #expect(try await browser.text(colour) == "#c0272d")
    let size = "document.querySelector('.chart canvas').width"
    #expect(try await browser.text(size) == "2070")
    try await browser.screenshot("paper")
    // Nor is anything lost by a size that changes meanwhile, of which the page hears later.
    try await browser.resize(width: 1100)
    try await browser.run("return new Promise(requestAnimationFrame)")
    try await browser.resize(width: 1280)
    try await browser.run("return new Promise(requestAnimationFrame)")
    try await browser.run("window.dispatchEvent(new Event('afterprint'))")
    #expect(try await browser.text(colour) == "#ff8a80")
    #expect(try await browser.drawn("lost") == screen)
    // A document that has them as pictures: what Chromium prints stroke by stroke lacks most of it.
    let paper = try await browser.devTools("Page.printToPDF", ["printBackground": true])
    let document = try #require((paper["data"] as? String).flatMap { Data(base64Encoded: $0) })
    let pictures = String(decoding: document, as: UTF8.self).matches(of: #/\/Width 2070\b/#)
    #expect(pictures.count >= 5)
    let console = try await browser.console()
    #expect(console == [])
  }

  @Test(
    "pages that nobody looks at keep none of the six connections from the one that is looked at")
  func manyTabs() async throws {
    try Command.storeDemo(in: database)
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser()
    for _ in 0..<8 {
      try await browser.openTab()
      try await browser.open("http://127.0.0.1:\(port)/#/?point=rekey&losing=1")
      try await browser.wait(".pages", says: "1–4 of 4")
    }
    // One that is left for another page is kept for going back to, and hears news again.
    try await browser.open("about:blank")
    try await browser.back()
    try await browser.wait("#connection", says: "Connected")
    let console = try await browser.console()
    #expect(console == [])
  }

  @Test("without a database it says what to do, and shows it when it is there")
  func nothing() async throws {
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser()
    try await browser.open("http://127.0.0.1:\(port)/")
    try await browser.wait(".verdict", says: "does not exist")
    try await browser.wait(".verdict", says: "gapscope capture -i eth0 --database live.db")
    #expect(try await browser.texts("#connection") == ["Waiting for the database"])
    #expect(try await browser.faint() == [])
    try await browser.show(dark: true)
    #expect(try await browser.faint() == [])
    try await browser.show(dark: false)
    try await browser.screenshot("nothing")
    try Command.storeDemo(in: database)
    try await browser.wait(".verdict", says: "6 of 12 associations lost packets.")
    #expect(try await browser.texts("#connection") == ["Connected"])
    // Chromium says of every answer that is an error that it could not be loaded.
    let rest = try await browser.console().filter { !$0.contains("503") }
    #expect(rest == [])
    try await browser.open("http://127.0.0.1:\(port)/#/association/0123456789abcdef")
    try await browser.wait(".verdict", says: "The run has no association of this id.")
  }

  @Test("a server that is gone is said, what was shown stays, and it goes on when it is back")
  func connection() async throws {
    try Command.storeDemo(in: database)
    let (server, port) = try await serve()
    let browser = try await Browser()
    try await browser.open("http://127.0.0.1:\(port)/")
    try await browser.wait(".verdict", says: "6 of 12")
    server.stop()
    try await browser.wait("#connection.bad", says: "Connection lost since")
    #expect(try await browser.texts(".tile .value").first == "0.42%")
    // It is read aloud as it comes, and what is old is as easy to read.
    let live =
      try await browser.devTools("Accessibility.getFullAXTree", [:])["nodes"] as? [[String: Any]]
    let spoken = live?.filter { node in
      (node["role"] as? [String: Any])?["value"] as? String == "status"
        && (node["properties"] as? [[String: Any]])?.contains {
          $0["name"] as? String == "live"
            && ($0["value"] as? [String: Any])?["value"] as? String == "polite"
        } == true
    }
    let identifiers = spoken?.compactMap { $0["backendDOMNodeId"] as? Int } ?? []
    var names: [String] = []
    for identifier in identifiers {
      let node = try await browser.devTools("DOM.describeNode", ["backendNodeId": identifier])
      let attributes = (node["node"] as? [String: Any])?["attributes"] as? [String] ?? []
      names += attributes
    }
    #expect(names.contains("connection"))
    try await browser.checkAccessibility()
    try await browser.screenshot("lost")
    let (again, _) = try await serve(port: port)
    defer { again.stop() }
    try await browser.wait("#connection.good", says: "Connected")
  }

  @Test(
    "colours, names, the order of the keyboard and where it is", arguments: [false, true])
  func accessible(dark: Bool) async throws {
    try Command.storeDemo(in: database)
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser(width: dark ? 360 : 1280, dark: dark)
    try await browser.open("http://127.0.0.1:\(port)/")
    try await browser.wait(".pages", says: "1–12 of 12")
    try await browser.wait(for: "document.querySelectorAll('.tile').length === 5")
    try await browser.checkAccessibility()
    if dark { try await browser.screenshot("overview-narrow-dark") }
    // What can be reached, in the order in which it stands there, and all of it.
    try await browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    let expected =
      try await browser.run(
        """
        window.reachable = [...document.querySelectorAll(
          'a[href], button:not(:disabled), input, select, [tabindex="0"]')]
          .filter(found => found.checkVisibility());
        return window.reachable.length;
        """) as? Int
    for index in 0..<(expected ?? 0) {
      try await browser.type("\u{E004}")
      let place = try await browser.run("return reachable.indexOf(document.activeElement)") as? Int
      #expect(place == index)
      let outline = try await browser.focusContrast()
      #expect(outline >= 3, "the focus shows at \(index)")
    }
    try await browser.click(".associations tbody tr:first-child a")
    try await browser.wait("nav.pages", says: "of 64")
    // What the charts show is told in words too, and what is only drawn is passed over.
    let told = try await browser.spoken()
    for text in [
      "Lost in 50 ms", "66 in all, at most 4", "Numbers, and where they are missing", "64 gaps",
    ] {
      #expect(told.contains(text), "\(text)")
    }
    #expect(!told.contains("01:03:13.000"))
    // Who follows a link by keyboard goes on in what it leads to.
    #expect(try await browser.text("document.activeElement.id") == "content")
    try await browser.checkAccessibility()
    if dark { try await browser.screenshot("association-narrow-dark") }
    let console = try await browser.console()
    #expect(console == [])
  }

  @Test("sorting, searching, opening, zooming and going back by the keys alone")
  func keyboard() async throws {
    try Command.storeDemo(in: database)
    let (server, port) = try await serve()
    defer { server.stop() }
    let browser = try await Browser()
    try await browser.open("http://127.0.0.1:\(port)/")
    try await browser.wait(".pages", says: "1–12 of 12")
    try await browser.wait(for: "document.querySelectorAll('.tile').length === 5")

    try await tab(browser, to: "button[data-column=packets]")
    try await browser.type("\u{E007}")
    try await browser.wait(".associations th[aria-sort=descending]", says: "Packets")
    // The heading is made anew and keeps the focus.
    #expect(try await browser.text("document.activeElement.dataset.column") == "packets")
    try await browser.type(" ")
    try await browser.wait(".associations th[aria-sort=ascending]", says: "Packets")

    try await browser.type("/")
    #expect(try await browser.text("document.activeElement.id") == "search")
    try await browser.type("esp lost>1")
    try await browser.wait(".pages", says: "1–1 of 1")
    try await tab(browser, to: ".associations tbody a")
    try await browser.type("\u{E007}")
    try await browser.wait("h1", says: "ESP 0x00001001")
    try await browser.wait("nav.pages", says: "of 35")
    #expect(try await browser.text("document.activeElement.id") == "content")

    let whole = try await range(browser)
    try await tab(browser, to: ".plot")
    try await browser.type("++")
    try await browser.wait(for: "document.querySelector('.tools .note').innerText !== '\(whole)'")
    let zoomed = try await range(browser)
    try await browser.type("\u{E014}")
    let moved = try await range(browser)
    #expect(moved != zoomed && moved != whole)
    try await browser.type("\u{E012}")
    #expect(try await range(browser) == zoomed)
    try await browser.type("0")
    #expect(try await range(browser) == whole)
    try await tab(browser, to: ".gaps button[data-column=missing]")
    try await browser.type("\u{E007}")
    try await browser.wait(for: "document.querySelector('.gaps td:nth-child(2)').innerText === '2'")
    try await browser.back()
    try await browser.wait(".pages", says: "1–1 of 1")
    let console = try await browser.console()
    #expect(console == [])
  }

  private func range(_ browser: Browser) async throws -> String {
    try await browser.texts(".tools .note").first ?? ""
  }

  /// Goes on with the tabulator until a selector has the focus.
  private func tab(
    _ browser: Browser, to selector: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for _ in 0..<200 {
      try await browser.type("\u{E004}")
      let isThere = try await browser.run(
        "return document.activeElement.matches('\(selector)')")
      if isThere as? Bool == true { return }
    }
    Issue.record("the tabulator never came to \(selector)", sourceLocation: sourceLocation)
  }
}

import CaptureTestSupport
import Foundation
import Testing

/// What a capture writes is what it saw.
@Suite(
  "Captures that are written to files", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, Comment(rawValue: TestNetwork.obstacle ?? "")))
struct RecordingTests {
  private let network: TestNetwork

  init() throws { network = try TestNetwork() }

  /// All of a report, times and ids too, but for what names files.
  private func text(_ report: [String: Any]) throws -> String {
    func stripped(_ value: Any) -> Any {
      if let object = value as? [String: Any] {
        return object.filter { $0.key != "file" && $0.key != "frame" }.mapValues(stripped)
      }
      return (value as? [Any])?.map(stripped) ?? value
    }
    var report = report
    for key in ["captures", "notes", "blind", "options"] { report[key] = nil }
    let data = try JSONSerialization.data(
      withJSONObject: stripped(report), options: [.sortedKeys, .prettyPrinted])
    return String(decoding: data, as: UTF8.self)
  }

  private func files(_ stem: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: network.files.path)
      .filter { $0.hasPrefix(stem) }.sorted().map { network.file($0) }
  }

  private func analyze(_ files: [String]) throws -> [String: Any] {
    let result = try network.gapscope(arguments: ["analyze", "--json"] + files)
    // Not damaged.
    #expect(result.status == 0, "\(result.error)")
    return try result.json()
  }

  private func captures(_ files: [String]) throws -> [[String: Any]] {
    let result = try network.gapscope(arguments: ["info", "--json"] + files)
    #expect(result.status == 0, "\(result.error)")
    return ReportShape.list(try result.json(), "captures")
  }

  @Test(
    "the file has the same report as the capture, times and ids too",
    arguments: [
      ["--protocol", "mixed", "--flows", "30", "--vlan-share", "0.5", "--qinq-share", "0.4"],
      ["--protocol", "macsec", "--scenario", "duplicate", "--scenario", "replay", "--flows", "5"],
    ])
  func sameReport(options: [String]) throws {
    try network.generate("sent.pcap", "--packets", "12000", "--seed", "12", more: options)
    let written = network.file("written.pcapng")
    let capture = try network.capture(
      "-i", network.far, "--count", "12000", "--json", "-w", written)
    try network.send("sent.pcap")
    let result = try capture.end()
    #expect(result.status == 0)
    #expect(result.error.contains("written.pcapng: 12000 packets written"))
    #expect(try text(analyze([written])) == text(result.json()))
    let info = try captures([written])
    #expect(info.map { $0["point"] as? String } == ["far0"])
    #expect(info.map { $0["format"] as? String } == ["pcapng"])
    #expect(info.map { $0["capturedDrops"] as? Int } == [0])
  }

  @Test("of several interfaces each is a point of the file")
  func points() throws {
    try network.generate("sent.pcap", "--packets", "2000", "--flows", "4", "--seed", "2")
    let written = network.file("written.pcapng")
    let capture = try network.capture(
      "-i", network.near, "-i", network.far, "--count", "4000", "--json", "-w", written)
    try network.send("sent.pcap")
    let live = try capture.end().json()
    let file = try analyze([written])
    #expect(
      ReportShape.list(file, "captures").map { $0["packets"] as? Int } == [2_000, 2_000])
    func rows(_ report: [String: Any]) -> Set<String> {
      Set(
        ReportShape.list(report, "associations").map {
          "\($0["id"] ?? "") \($0["point"] ?? "") \($0["packets"] ?? "") \($0["lost"] ?? "")"
        })
    }
    #expect(rows(file) == rows(live))
    #expect(rows(file).count == 8)
  }

  @Test("what the kernel dropped is explained by the file too")
  func drops() throws {
    try network.generate("sent.pcap", "--packets", "40000", "--flows", "8", "--scenario", "none")
    let written = network.file("written.pcapng")
    let capture = try network.capture(
      "-i", network.far, "--buffer-size", "1", "--json", "-w", written)
    capture.signal(SIGSTOP)
    try network.send("sent.pcap", count: 30_000, pauseMicroseconds: 0)
    capture.signal(SIGCONT)
    usleep(500_000)
    try network.send("sent.pcap", from: 30_001)
    capture.signal(SIGINT)
    let live = try capture.end().json()
    let dropped = try #require(ReportShape.list(live, "captures").first?["capturedDrops"] as? Int)
    #expect(dropped > 1_000)
    let file = try analyze([written])
    #expect(ReportShape.list(file, "captures").map { $0["capturedDrops"] as? Int } == [dropped])
    #expect(ReportShape.sum(file, "lost") == dropped)
    #expect(ReportShape.sum(file, "lostBlind") == dropped)
    #expect(try text(file) == text(live))
  }

  @Test("the time in which an interface was down is blind in the file too", arguments: [1, 2])
  func down(rings: Int) throws {
    try network.generate("sent.pcap", "--packets", "6000", "--flows", "3", "--scenario", "none")
    let written = network.file("written.pcapng")
    let capture = try network.capture(
      "-i", network.far, "--json", "-w", written, "--rings", "\(rings)", "ether", "proto", "0x88e5")
    try network.send("sent.pcap", count: 2_000)
    usleep(300_000)
    try network.ip("link", "set", network.far, "down")
    try network.send("sent.pcap", from: 2_001, count: 2_000)
    try network.ip("link", "set", network.far, "up")
    usleep(300_000)
    try network.send("sent.pcap", from: 4_001)
    usleep(300_000)
    // It ends while it is down once more.
    try network.ip("link", "set", network.far, "down")
    usleep(300_000)
    capture.signal(SIGINT)
    let live = try capture.end().json()
    let file = try analyze([written])
    #expect(ReportShape.sum(file, "lost") == 2_000)
    #expect(ReportShape.sum(file, "lostBlind") == 2_000)
    let (seen, read) = (ReportShape.list(live, "blind"), ReportShape.list(file, "blind"))
    #expect(read.map { $0["reason"] as? String } == ["interfaceDown", "interfaceDown"])
    #expect(read.map { $0["start"] as? String } == seen.map { $0["start"] as? String })
    #expect(read.first?["end"] as? String == seen.first?["end"] as? String)
    #expect(ReportShape.list(file, "captures").map { $0["capturedDrops"] as? Int } == [0])
  }

  @Test("files end before they are too long, and are one capture together")
  func rotationBySize() throws {
    try network.generate("sent.pcap", "--packets", "20000", "--flows", "9", "--seed", "4")
    let capture = try network.capture(
      "-i", network.far, "--count", "20000", "--json", "-w", network.file("ring.pcapng"),
      "--rotate-size", "2MB")
    try network.send("sent.pcap")
    let live = try capture.end().json()
    let files = try files("ring")
    #expect(files.count > 3)
    for file in files {
      let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
      #expect(try #require(size) <= 2_000_000)
    }
    #expect(try text(analyze(files)) == text(live))
    #expect(try captures(files).allSatisfy { $0["capturedDrops"] as? Int == 0 })
  }

  @Test("another file begins when the time of one is over, and only so many are kept")
  func rotationByTime() throws {
    try network.generate("sent.pcap", "--packets", "5000", "--flows", "3", "--scenario", "none")
    func record() throws -> [String] {
      let capture = try network.capture(
        "-i", network.far, "-w", network.file("ring.pcapng"), "--rotate-time", "100ms",
        "--rotate-files", "3")
      for part in 0..<5 {
        try network.send("sent.pcap", from: 1 + part * 1_000, count: 1_000)
        usleep(400_000)
      }
      capture.signal(SIGINT)
      #expect(try capture.end().status == 0)
      return try files("ring")
    }
    func number(_ path: String) -> Int {
      Int(path.split(separator: "_").dropLast().last ?? "") ?? 0
    }
    let first = try record()
    #expect(first.count == 3)
    #expect(number(try #require(first.last)) >= 5)
    let packets = try captures(first).map { $0["packets"] as? Int ?? 0 }
    #expect(packets.allSatisfy { $0 > 0 })
    // A capture that is begun again goes on with the same files.
    let second = try record()
    #expect(second.count == 3)
    #expect(number(try #require(second.first)) > number(try #require(first.last)))
  }

  @Test(
    "a full disk is told once, the analysis goes on, and the file says what it does not have",
    .enabled(if: SmallDisk.obstacle == nil, Comment(rawValue: SmallDisk.obstacle ?? "")))
  func fullDisk() throws {
    let disk = try SmallDisk(mebibytes: 4)
    let written = disk.path + "/written.pcapng"
    try network.generate("sent.pcap", "--packets", "24000", "--flows", "8", "--scenario", "none")
    let capture = try network.capture("-i", network.far, "--json", "-w", written)
    func wait(_ holds: () throws -> Bool) rethrows -> Bool {
      for _ in 0..<3_000 {
        if try holds() { return true }
        usleep(20_000)
      }
      return false
    }
    func size() -> Int {
      (try? FileManager.default.attributesOfItem(atPath: written)[.size] as? Int) ?? 0
    }
    try network.send("sent.pcap", count: 2_000)
    #expect(wait { size() > 500_000 })
    disk.fill()
    try network.send("sent.pcap", from: 2_001, count: 18_000)
    #expect(wait { capture.messages.contains("No space left on device") })
    // What is there can be read at any time.
    _ = try analyze([written])
    disk.free()
    var next = 20_001
    while !capture.messages.contains("can be written again"), next < 24_000 {
      try network.send("sent.pcap", from: next, count: 100)
      next += 100
      usleep(200_000)
    }
    #expect(capture.messages.contains("can be written again"))
    try network.send("sent.pcap", from: next)
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.status == 1)
    #expect(result.error.components(separatedBy: "No space left on device").count == 2)
    let live = try result.json()
    #expect(ReportShape.list(live, "captures").map { $0["packets"] as? Int } == [24_000])
    #expect(ReportShape.sum(live, "lost") == 0)
    let file = try analyze([written])
    let seen = try #require(ReportShape.list(file, "captures").first)
    let (packets, drops) = (
      try #require(seen["packets"] as? Int), try #require(seen["capturedDrops"] as? Int)
    )
    #expect(packets + drops == 24_000)
    #expect(drops > 0)
    #expect(result.error.contains("\(drops) packets could not be written"))
    #expect(ReportShape.sum(file, "lost") == drops)
    #expect(ReportShape.sum(file, "lostBlind") == drops)
  }

  /// A FIFO, and who reads it: as slow as is wanted.
  private func slowDisk() throws -> (path: String, reader: RunningCapture) {
    let path = network.file("fifo.pcapng")
    try Tool.run("mkfifo", path)
    return (path, try RunningCapture(["cat", path], in: network.files, untilListening: false))
  }

  @Test("what a slow disk has no time for is counted, and the capture does not wait")
  func slow() throws {
    try network.generate(
      "sent.pcap", "--packets", "80000", "--flows", "8", "--sizes", "1500", "--scenario", "none")
    let disk = try slowDisk()
    let capture = try network.capture("-i", network.far, "--json", "-w", disk.path)
    try network.send("sent.pcap", count: 1_000)
    disk.reader.signal(SIGSTOP)
    // More than may wait.
    try network.send("sent.pcap", from: 1_001, count: 75_000)
    disk.reader.signal(SIGCONT)
    try network.send("sent.pcap", from: 76_001)
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.status == 1)
    let live = try #require(ReportShape.list(try result.json(), "captures").first)
    let (packets, droppedByKernel) = (
      try #require(live["packets"] as? Int), try #require(live["capturedDrops"] as? Int)
    )
    #expect(packets + droppedByKernel == 80_000)
    let written = network.file("written.pcapng")
    try disk.reader.end().output.write(to: URL(fileURLWithPath: written))
    let file = try analyze([written])
    let seen = try #require(ReportShape.list(file, "captures").first)
    let drops = try #require(seen["capturedDrops"] as? Int)
    #expect(drops > droppedByKernel)
    #expect(seen["packets"] as? Int == 80_000 - drops)
    #expect(result.error.contains("\(drops - droppedByKernel) packets could not be written"))
    #expect(ReportShape.sum(file, "lostBlind") == ReportShape.sum(file, "lost"))
  }

  @Test("a disk that takes nothing any more does not keep the capture from its end")
  func stalled() throws {
    try network.generate(
      "sent.pcap", "--packets", "4000", "--flows", "8", "--sizes", "1500", "--scenario", "none")
    let disk = try slowDisk()
    let capture = try network.capture("-i", network.far, "--json", "-w", disk.path)
    disk.reader.signal(SIGSTOP)
    try network.send("sent.pcap")
    capture.signal(SIGINT)
    let result = try capture.end()
    #expect(result.status == 1)
    #expect(result.error.contains("packets could not be written"))
    #expect(
      ReportShape.list(try result.json(), "captures").map { $0["packets"] as? Int } == [4_000])
    disk.reader.signal(SIGKILL)
  }

  @Test("the end waited a second longer than it says for a disk that takes nothing")
  func patience() throws {
    try network.generate(
      "sent.pcap", "--packets", "4000", "--flows", "8", "--sizes", "1500", "--scenario", "none")
    // On a machine that is busy only the quickest of them tells.
    let shortest = try (0..<5).map { _ in
      let disk = try slowDisk()
      defer {
        disk.reader.signal(SIGKILL)
        unlink(disk.path)
      }
      let capture = try network.capture("-i", network.far, "--json", "-w", disk.path)
      disk.reader.signal(SIGSTOP)
      try network.send("sent.pcap")
      let begin = ContinuousClock.now
      capture.signal(SIGINT)
      #expect(try capture.end().status == 1)
      return ContinuousClock.now - begin
    }.min()
    #expect(try #require(shortest) < .seconds(2))
  }

  @Test("--write overwrote the database, and the configuration, of the same capture")
  func ownFiles() throws {
    let (database, link) = (network.file("live.db"), network.file("link.db"))
    let configuration = network.file("g.yaml")
    let first = try network.gapscope(
      "capture", "-i", network.far, "--database", database, "--duration", "100ms")
    #expect(first.status == 0)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: database)
    try Data("duration: 100ms\n".utf8).write(to: URL(fileURLWithPath: configuration))
    let stored = try Data(contentsOf: URL(fileURLWithPath: database))
    for (written, words) in [
      (database, "is the database"), (link, "is the database"),
      (configuration, "is the configuration"), (network.file("new.db"), "is the database"),
    ] {
      let result = try network.gapscope(
        "capture", "-i", network.far, "--config", configuration, "-w", written, "--database",
        written == network.file("new.db") ? written : database)
      #expect(result.status == 1)
      #expect(result.error.contains("\(written): \(words); name another file with --write"))
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == stored)
    #expect(try Data(contentsOf: URL(fileURLWithPath: configuration)).count == 16)
    #expect(!FileManager.default.fileExists(atPath: network.file("new.db")))
  }

  @Test("where standard error was closed, what was to be said went into the file")
  func closedDescriptors() throws {
    let written = network.file("written.pcapng")
    let result = try network.gapscope(
      "capture", "-i", network.far, "-w", written, "--duration", "300ms",
      prefix: ["bash", "-c", #"exec "$@" <&- >&- 2>&-"#, "bash"])
    // The report has no place.
    #expect(result.status == 1)
    #expect(try captures([written]).map { $0["packets"] as? Int } == [0])
  }

  @Test("what cannot be opened is an error before anything is captured")
  func cannotBeOpened() throws {
    let result = try network.gapscope(
      "capture", "-i", network.far, "-w", network.file("missing/written.pcapng"))
    #expect(result.status == 1)
    #expect(result.error.contains("missing/written.pcapng: cannot be opened: No such file"))
  }

  @Test("a device that takes nothing was removed as an empty file")
  func fullDevice() throws {
    let device = network.file("full")
    // As /dev/full is.
    #expect(mknod(device, S_IFCHR | 0o600, dev_t(1 << 8 | 7)) == 0)
    let result = try network.gapscope("capture", "-i", network.far, "-w", device)
    #expect(result.status == 1)
    #expect(result.error.contains("full: cannot be written: No space left on device"))
    #expect(FileManager.default.fileExists(atPath: device))
  }
}

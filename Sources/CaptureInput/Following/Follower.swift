import Glibc
import PacketAnalysis

/// Waits at the end of a file for what is written next, in it or in its successor.
///
/// A successor is a file of the same series whose first frame is not before the last one that was
/// read; or, where names have the numbers of dumpcap, the one with the next higher number, whatever
/// its times: what several interfaces or rings saw may overlap. A series has one name but for the digits in it, so that what tcpdump, dumpcap and their
/// like make of a name when they rotate is one: `f.pcap`, `f.pcap1`; `f_00001_20261127.pcap`,
/// `f_00002_20261128.pcap`; `f.pcap.1`, `f.pcap`. A file that was renamed while another took its name is over too, and so
/// is one that was shortened: it is written anew.
final class Follower {
  /// The path of the successor, once there is one.
  private var successor: String?
  /// When files were looked at last, and what was found: they are not opened again for nothing.
  private var known: [String: (state: FileState, firstTime: Timestamp?)] = [:]
  private var nextLook: ContinuousClock.Instant = .now

  private static let pauseMicroseconds: UInt32 = 20_000
  /// Between two looks into the directory.
  private static let lookInterval = Duration.milliseconds(200)

  /// Waits a moment. The file gets an end where another goes on.
  func wait(at member: CaptureMember) {
    if ContinuousClock.now >= nextLook {
      successor = findSuccessor(of: member)
      nextLook = .now + Self.lookInterval
      // What was written between the last read and the successor's first frame is still read.
      if successor != nil { return member.complete() }
    }
    usleep(Self.pauseMicroseconds)
  }

  /// The path of the file that goes on where `member` ended; waits a moment where there is none yet.
  func next(after member: CaptureMember) -> String? {
    if successor == nil { wait(at: member) }
    // Where the next file ends, another may be there already: a reader that lags does not pause.
    if successor != nil { nextLook = .now }
    return successor.take()
  }

  // MARK: Successors

  private func findSuccessor(of member: CaptureMember) -> String? {
    let path = member.argument.path
    let directory = Self.directory(of: path)
    let series = Self.series(Self.name(of: path))
    let current = member.fileState
    // Whoever renames or shortens a file is done with it.
    let isReplaced =
      member.wasShortened || FileState(path: path)?.identity != current?.identity
    var best: (rank: Int, time: Timestamp, path: String)?
    let number = Self.number(Self.name(of: path))
    for name in Self.names(in: directory) where Self.series(name) == series {
      let candidate = directory + name
      guard let state = FileState(path: candidate), state.isRegular else { continue }
      if state.identity == current?.identity, !(isReplaced && candidate == path) { continue }
      // A successor is written later.
      if let current, state.modified < current.modified { continue }
      guard let time = firstTime(of: candidate, state) else { continue }
      // Numbers begin again at some time: then the times decide.
      let rank = Self.number(name).flatMap { $0 > number ?? .max ? $0 : nil } ?? .max
      if rank == .max, let last = member.lastTime, time < last { continue }
      if let best, (best.rank, best.time, best.path) <= (rank, time, candidate) { continue }
      best = (rank, time, candidate)
    }
    return best?.path
  }

  private func firstTime(of path: String, _ state: FileState) -> Timestamp? {
    if let known = known[path], known.state == state { return known.firstTime }
    let member = CaptureMember(
      index: 0, argument: CaptureInputArgument(path: path), source: .read)
    member.findFirstTime()
    known[path] = (state, member.nextTime)
    return member.nextTime
  }

  /// With its last slash; empty for the current one.
  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  private static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// What files of one series have in common: the name without its digits, and without what is
  /// put before one that is appended.
  static func series(_ name: String) -> String {
    var series = name
    series.removeAll { ("0"..."9").contains($0) }
    while let last = series.last, ".-_".contains(last) { series.removeLast() }
    return series
  }

  /// That of dumpcap, in `f_00001_20261127150000.pcap`: at least five digits, and a time of 14 behind.
  static func number(_ name: String) -> Int? {
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    let parts = stem.split(separator: "_", omittingEmptySubsequences: false).suffix(2)
    guard parts.count == 2, let number = parts.first, let time = parts.last, number.count >= 5,
      time.count == 14, (number + time).allSatisfy({ ("0"..."9").contains($0) })
    else { return nil }
    return Int(number)
  }

  private static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory.isEmpty ? "." : directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}

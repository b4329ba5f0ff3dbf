import Glibc
import PacketAnalysis

/// The files of a recording, of which the last one grows.
///
/// Each begins with a section that describes all interfaces, and ends with what became of the frames
/// of each since it began. Where frames are missing in it, statistics say so in their place: one
/// block for the time before, and one for the time after; and where an interface was down, a comment.
struct RecordingFiles {
  private let options: RecordingOptions
  private let interfaces: [CaptureInterface]
  private let filter: String?
  private var series: RecordingSeries?
  private var file: RecordingFile?

  /// Why a file may not be whole, though all of it was written.
  var closingError: RecordingError?

  // Of the file.
  private var startTime = Timestamp.absent
  private var startInstant = ContinuousClock.now
  private var written: [UInt64]
  private var dropped: [UInt64]

  /// Opens the first file.
  init(
    _ options: RecordingOptions, interfaces: [CaptureInterface], filter: String?
  ) throws(RecordingError) {
    (self.options, self.interfaces, self.filter) = (options, interfaces, filter)
    series =
      options.rotates
      ? RecordingSeries(path: options.path, fileCount: options.fileCount) : nil
    written = interfaces.map { _ in 0 }
    dropped = written
    try open()
  }

  /// Writes all of a portion, or nothing of it.
  mutating func write(_ portion: RecordedPortion) throws(RecordingError) {
    if isOver(with: portion) { close() }
    if file == nil { try open() }
    var (counts, statistics) = (dropped, PcapngEncoder())
    for span in portion.missing {
      if span.isDown {
        var block = self.statistics(
          of: span.interface, at: span.times.upperBound, dropped: counts[span.interface])
        block.comment = BlindComment(reason: .interfaceDown, times: span.times)
        statistics.append(block)
        continue
      }
      for (time, drops) in [(span.times.lowerBound, 0), (span.times.upperBound, span.frames)] {
        counts[span.interface] += drops
        statistics.append(
          self.statistics(of: span.interface, at: time, dropped: counts[span.interface]))
      }
    }
    try file?.append(statistics.octets, portion.octets)
    dropped = counts
    for index in written.indices { written[index] += portion.frames[index] }
  }

  private func isOver(with portion: RecordedPortion) -> Bool {
    guard let length = file?.lengthOctets, written.contains(where: { $0 > 0 }),
      !portion.octets.isEmpty
    else { return false }
    if let limit = options.fileOctets,
      length + UInt64(portion.octets.count) + Self.statisticsOctets(interfaces.count) > limit
    {
      return true
    }
    guard let limit = options.fileNanoseconds else { return false }
    return ContinuousClock.now - startInstant >= .nanoseconds(limit)
  }

  /// More than the statistics at the end of a file take, and those of a portion.
  private static func statisticsOctets(_ interfaceCount: Int) -> UInt64 {
    UInt64(interfaceCount) * 512
  }

  private mutating func open() throws(RecordingError) {
    startTime = .now
    startInstant = .now
    var path = options.path
    let seriesBefore = series
    if let next = series?.next(at: Int(startTime.nanosecondsSinceEpoch / 1_000_000_000)) {
      path = next.path
      // Before there is another, so that it has their place.
      for surplus in next.surplus { unlink(surplus) }
    }
    var header = PcapngEncoder()
    header.beginSection(application: options.application)
    for interface in interfaces { header.addInterface(interface, filter: filter) }
    do {
      file = try Self.file(path: path, beginning: header.octets)
    } catch {
      // The next attempt has the same number.
      series = seriesBefore
      throw error
    }
    for index in written.indices { (written[index], dropped[index]) = (0, 0) }
  }

  private static func file(
    path: String, beginning octets: [UInt8]
  ) throws(RecordingError) -> RecordingFile {
    let file = try RecordingFile(path: path)
    do {
      try file.append(octets)
    } catch {
      file.remove()
      throw error
    }
    return file
  }

  /// Ends the file. Where there is no room for its statistics, it is a whole file without.
  mutating func close() {
    var end = PcapngEncoder()
    for index in interfaces.indices {
      end.append(statistics(of: index, at: .now, dropped: dropped[index]))
    }
    try? file?.append(end.octets)
    do throws(RecordingError) { try file?.close() } catch { closingError = error }
    file = nil
  }

  private func statistics(
    of interface: Int, at time: Timestamp, dropped: UInt64
  ) -> PcapngEncoder.Statistics {
    PcapngEncoder.Statistics(
      interface: interface, start: startTime, end: time,
      received: written[interface] + dropped, dropped: dropped)
  }
}

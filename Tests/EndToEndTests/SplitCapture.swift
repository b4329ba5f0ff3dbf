import Foundation
import PacketAnalysis

/// A little-endian pcap file that can be cut between its frames.
struct SplitCapture {
  private let octets: [UInt8]
  /// Where each record begins, and where the last one ends.
  private let offsets: [Int]
  private let times: [UInt64]

  init(_ octets: [UInt8]) {
    func field(_ offset: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(octets[offset + $1]) << (8 * $1) }
    }
    var (offset, offsets, times) = (24, [24], [UInt64]())
    while offset < octets.count {
      times.append(UInt64(field(offset)) * 1_000_000_000 + UInt64(field(offset + 4)))
      offset += 16 + field(offset + 8)
      offsets.append(offset)
    }
    (self.octets, self.offsets, self.times) = (octets, offsets, times)
  }

  /// How many frames may come before a cut: the parts do not overlap in time, and so are one
  /// capture in whatever order they are named.
  var cuts: [Int] {
    var (latest, cuts) = (UInt64(0), [Int]())
    for (index, time) in times.enumerated() {
      if index > 0, time > latest { cuts.append(index) }
      latest = max(latest, time)
    }
    return cuts
  }

  /// Each with its header.
  var records: [ArraySlice<UInt8>] { zip(offsets, offsets.dropFirst()).map { octets[$0..<$1] } }

  /// The files between the cuts.
  func parts(cuts: [Int]) -> [[UInt8]] {
    let borders = [0] + cuts.sorted() + [times.count]
    return zip(borders, borders.dropFirst()).map { first, last in
      Array(octets[..<24] + octets[offsets[first]..<offsets[last]])
    }
  }
}

extension AnalysisReport {
  /// Without what must differ where a capture was cut, in the order in which the files were read:
  /// captures, files, and the numbers of the frames, which count through as if there were no cut.
  ///
  /// - Parameter framesBefore: how many frames come before each of the files.
  func joined(framesBefore: [Int]) -> AnalysisReport {
    func whole(_ frame: FrameReference) -> FrameReference {
      FrameReference(
        file: 0, frame: frame.frame + UInt64(framesBefore[frame.file]), time: frame.time)
    }
    func whole(_ gaps: ReportRows<SequenceGap>) -> ReportRows<SequenceGap> {
      let gaps = gaps.map { gap in
        var gap = gap
        (gap.before, gap.after) = (whole(gap.before), whole(gap.after))
        return gap
      }
      return ReportRows(gaps)
    }
    var report = self
    (report.captures, report.files, report.notes) = ([], [], [])
    for index in associations.indices {
      report.associations[index].firstFrame = whole(associations[index].firstFrame)
    }
    for index in flows.indices { report.flows[index].firstFrame = whole(flows[index].firstFrame) }
    for index in malformed.indices {
      report.malformed[index].firstFrame = whole(malformed[index].firstFrame)
    }
    for index in suspectFrames.indices {
      report.suspectFrames[index].frame = whole(suspectFrames[index].frame)
    }
    (report.gaps, report.skips) = (whole(gaps), whole(skips))
    report.sortByFrames()
    return report
  }

  /// The rows of a report are in the order of its files, which is that of the command line.
  private mutating func sortByFrames() {
    associations = ReportRows(associations.sorted(by: \.firstFrame.frame))
    flows = flows.sorted(by: \.firstFrame.frame)
    suspectFrames = suspectFrames.sorted(by: \.frame.frame)
    let ranks = Dictionary(uniqueKeysWithValues: zip(associations.map(\.id), 0...))
    gaps = ReportRows(gaps.sorted { ranks[$0.association] ?? -1 })
    skips = ReportRows(skips.sorted { ranks[$0.association] ?? -1 })
    buckets = buckets.sorted { ranks[$0.association] ?? -1 }
  }
}

extension Collection {
  /// What has the same key keeps its order.
  fileprivate func sorted(by key: (Element) -> some Comparable) -> [Element] {
    enumerated().sorted { (key($0.element), $0.offset) < (key($1.element), $1.offset) }
      .map(\.element)
  }
}

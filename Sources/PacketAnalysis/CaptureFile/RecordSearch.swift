/// Where in the middle of a pcap file a record seems to begin.
///
/// Nothing in the file says so; what looks like several records in a row mostly is. Whoever relies on
/// it reads up to there from the front, and sees whether a record ends there.
struct RecordSearch {
  let header: PcapHeader

  /// So many plausible records in a row.
  private static let recordCount = 12
  /// Successive records of one capture are seldom further apart.
  private static let nearSeconds: Int64 = 3_600

  /// The first place that looks like a record. Behind the `count` octets that are searched, `octets`
  /// has several records, or ends where the file does.
  func firstRecord(in octets: UnsafeRawBufferPointer, within count: Int) -> Int? {
    (0..<count).first { isRecord($0, in: octets) }
  }

  private func isRecord(_ start: Int, in octets: UnsafeRawBufferPointer) -> Bool {
    guard let base = octets.baseAddress else { return false }
    var position = start
    var previous: Int64?
    for _ in 0..<Self.recordCount where position < octets.count {
      guard octets.count - position >= header.recordHeaderLength else { return false }
      let record = RecordOctets(base + position, isSwapped: header.isSwapped)
      let seconds = Int64(record.uint32(at: 0))
      guard abs(seconds - (previous ?? seconds)) <= Self.nearSeconds,
        Int64(record.uint32(at: 4)) < fractionLimit, let captured = capturedLength(record)
      else { return false }
      previous = seconds
      position += header.recordHeaderLength + captured
    }
    return position <= octets.count
  }

  private var fractionLimit: Int64 { 1_000_000_000 / header.fractionNanoseconds }

  /// `nil` where the lengths are not those of a frame.
  private func capturedLength(_ record: RecordOctets) -> Int? {
    var (captured, original) = (record.uint32(at: 8), record.uint32(at: 12))
    if header.lengthOrder != .capturedFirst, captured > original {
      (captured, original) = (original, captured)
    }
    let snapLength = header.interface.snapLength
    let limit = PcapReader.usualLargestRecord
    guard captured > 0, captured <= original, original <= limit,
      captured <= (snapLength == 0 ? limit : snapLength)
    else { return nil }
    return Int(captured)
  }
}

/// Text on its way to a sink.
///
/// A report has one record for every association and gap, so what is written octet by octet here
/// costs as much as the analysis of a small capture. This file and `OutputBuffer+Numbers.swift`
/// therefore write through a pointer into memory of their own: the room is checked once per item,
/// not per octet, and nothing is built as a `String` on the way. No other file of this target but
/// the sink of a file descriptor sees a pointer.
public struct OutputBuffer: ~Copyable {
  var base: UnsafeMutablePointer<UInt8>
  /// Octets written and not yet handed on.
  public internal(set) var count = 0
  private var capacity: Int
  /// The date that was written last: the times of a report are mostly of one day.
  var latestDay: Int64 = 0
  var latestDate = CivilDate(year: 1970, month: 1, day: 1)

  public init(capacity: Int = 1 << 12) {
    self.capacity = max(capacity, 256)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Enough octets for one call of the system.
  static let enough = 1 << 16

  /// Hands everything on.
  public mutating func drain(into sink: inout some ReportSink & ~Copyable) throws(OutputError) {
    let octets = UnsafeRawBufferPointer(start: base, count: count)
    count = 0
    if !octets.isEmpty { try sink.write(octets) }
  }

  /// Hands everything on where it has become enough for one write. To be called after each record:
  /// the buffer itself has no limit.
  @inline(__always)
  mutating func drainIfEnough(
    into sink: inout some ReportSink & ~Copyable
  ) throws(OutputError) {
    if count >= Self.enough { try drain(into: &sink) }
  }

  /// What has been written and not yet handed on.
  public borrowing func octets() -> [UInt8] {
    Array(UnsafeBufferPointer(start: base, count: count))
  }

  /// Makes room for `length` more octets.
  @inline(__always)
  mutating func reserve(_ length: Int) {
    if capacity - count < length { makeRoom(for: length) }
  }

  @inline(never)
  private mutating func makeRoom(for length: Int) {
    let larger = max(capacity * 2, count + length)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memory.update(from: base, count: count)
    base.deallocate()
    base = memory
    capacity = larger
  }

  @inline(__always)
  public mutating func append(octet: UInt8) {
    reserve(1)
    base[count] = octet
    count += 1
  }

  /// The text as it stands: for what this program wrote itself.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    reserve(length)
    (base + count).update(from: text.utf8Start, count: length)
    count += length
  }

  public mutating func append(_ octets: [UInt8]) {
    reserve(octets.count)
    octets.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      (base + count).update(from: start, count: source.count)
    }
    count += octets.count
  }

  public mutating func append(text: some StringProtocol) {
    for octet in text.utf8 { append(octet: octet) }
  }
}

import Glibc

/// A large file, mapped or read, as it costs less.
///
/// Which it is depends on the length of the frames and on how the file came into the page cache:
/// mapping has a price for each page, reading one for each octet. So some stretches are read in one
/// way and some in the other, and the processor time of this thread, which analyzes the frames as
/// well, says how to go on. Nothing is read twice but what the buffer holds when it is left.
final class MeasuredSource: OctetSource {
  /// How the stretches are read. The first one warms up everything and is not measured; the others
  /// take turns, since an analysis may become slower or faster as it goes.
  private static let plan: [CaptureSource] = [.mapped, .mapped, .read, .mapped, .read]
  /// For shorter files it is not worth it.
  private static let shortestFileOctets: UInt64 = 128 << 20

  private let file: InputFile
  /// Also passes over what is read through the buffer; `nil` when it is not needed any more.
  private var mapped: MappedFile?
  private var current: any OctetSource
  private let stretchOctets: UInt64
  private var position: UInt64 = 0
  private var stretch = 0
  private var stretchStart = (position: UInt64(0), time: UInt64(0))
  /// Nanoseconds for each octet, of each stretch.
  private var costs: [CaptureSource: [Double]] = [:]
  /// How the rest of the file is read; `nil` while it is measured.
  private(set) var choice: CaptureSource?

  /// So long that giving back what was mapped falls into each mapped stretch.
  private static let usualStretchOctets = UInt64(MappedFile.releaseOctets)
  /// A stretch that is read is shorter by this factor: reading costs the same from the start, and is
  /// mostly the dearer way.
  private static let readShare: UInt64 = 4
  /// Reading is chosen where each stretch of it costs less than this share of the cheapest that was mapped:
  /// where it pays it costs far less, and one stretch always costs a little more than the next.
  private static let clearShare = 0.85

  static func whereItPays(_ file: InputFile, _ mapped: MappedFile) -> any OctetSource {
    (file.lengthOctets ?? 0) > shortestFileOctets
      ? MeasuredSource(file, mapped, stretchOctets: usualStretchOctets) : mapped
  }

  init(_ file: InputFile, _ mapped: MappedFile, stretchOctets: UInt64) {
    (self.file, self.mapped, self.stretchOctets) = (file, mapped, stretchOctets)
    current = mapped
  }

  var window: UnsafeRawBufferPointer { current.window }
  var isAtEnd: Bool { current.isAtEnd }
  var failure: String? { current.failure }
  var lostOctets: LostOctets? { current.lostOctets }
  var storedOctetsRead: UInt64 { position }
  var isOfMappedFile: Bool { true }

  func prepare(octets: Int) {
    if choice == nil, position >= stretchStart.position + currentStretchOctets { endStretch() }
    current.prepare(octets: octets)
  }

  func consume(_ octets: Int) {
    current.consume(octets)
    position += UInt64(octets)
  }

  private var currentStretchOctets: UInt64 {
    Self.plan[stretch] == .read ? stretchOctets / Self.readShare : stretchOctets
  }

  private func endStretch() {
    let now = Self.threadTimeNanoseconds()
    if stretch > 0 {
      let cost =
        Double(now - stretchStart.time) / Double(position - stretchStart.position)
      costs[Self.plan[stretch], default: []].append(cost)
    }
    stretch += 1
    stretchStart = (position, now)
    if stretch < Self.plan.count {
      go(on: Self.plan[stretch])
    } else {
      let isReadCheaper =
        costs[.read]?.max() ?? .infinity < (costs[.mapped]?.min() ?? 0) * Self.clearShare
      let choice: CaptureSource = isReadCheaper ? .read : .mapped
      go(on: choice)
      if choice == .read { mapped = nil }
      self.choice = choice
    }
  }

  /// The next octets come from `source`.
  private func go(on source: CaptureSource) {
    if source != .read, let mapped {
      mapped.consume(Int(position - mapped.storedOctetsRead))
      current = mapped
    } else {
      current = BufferedSource(stream: DescriptorStream(file, from: position))
    }
  }

  private static func threadTimeNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

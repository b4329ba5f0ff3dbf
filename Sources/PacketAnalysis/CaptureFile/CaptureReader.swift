/// Reads a capture of either format, told apart by its first octets.
///
/// It is fed: whoever has the octets calls `read` with what there is, drops what was consumed, and
/// calls again. Nothing is copied; the frames of the batch point into the chunk.
public struct CaptureReader: Sendable {
  private enum State {
    case beginning
    case pcap
    case pcapng
    case over
  }

  private var state = State.beginning
  /// What ended the reading.
  private var ending = ReadStep.Status.end
  private var pcap: PcapReader?
  private var pcapng: PcapngReader?

  public init() {}

  /// `nil` until enough was read to know.
  public var format: CaptureSummary.Format? {
    if pcap != nil { return .pcap }
    return pcapng == nil ? nil : .pcapng
  }

  /// Those that were described so far, in the order of the file, over all sections:
  /// `CapturedFrame.interface` is an index into it.
  public var interfaces: [CaptureInterface] {
    if let pcap { return [pcap.interface] }
    return pcapng?.interfaces ?? []
  }

  public private(set) var interfaceCount = 0
  /// Frames that were read so far.
  public var frameCount: UInt64 { pcap?.interface.statistics.packets ?? pcapng?.frameCount ?? 0 }

  /// Of these frames, on the wire.
  public var octetCount: UInt64 { pcap?.interface.statistics.octets ?? pcapng?.octetCount ?? 0 }

  /// Frames that the capture says were dropped.
  public var drops: DropList { pcapng?.drops ?? DropList() }

  /// Where the first octet that was not consumed lies in the uncompressed file.
  public var offset: UInt64 { pcap?.offset ?? pcapng?.offset ?? 0 }

  /// Reads records until the batch is full, an interface was described, the octets are used up, or
  /// the next record is later than `limit`.
  ///
  /// - Parameters:
  ///   - octets: those that were not consumed before, followed by new ones.
  ///   - atEnd: no octets will follow these.
  ///   - limit: `Timestamp.absent` stops before any frame.
  ///   - batch: frames are added to those that it has.
  public mutating func read(
    _ octets: UnsafeRawBufferPointer, atEnd: Bool, limit: Timestamp?, into batch: inout FrameBatch
  ) -> ReadStep {
    readFrames(
      octets, atEnd: atEnd, limit: limit, frameLimit: FrameBatch.capacity - batch.count,
      into: &batch)
  }

  /// The same for any consumer, which gets at most `frameLimit` frames.
  @inline(__always)
  mutating func readFrames(
    _ octets: UnsafeRawBufferPointer, atEnd: Bool, limit: Timestamp?, frameLimit: Int,
    into consumer: inout some FrameConsumer & ~Copyable
  ) -> ReadStep {
    switch state {
    case .beginning:
      let step = readHeader(octets, atEnd: atEnd)
      return noting(step)
    case .pcap:
      guard
        let step = pcap?.read(
          octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, into: &consumer)
      else {
        break
      }
      return noting(step)
    case .pcapng:
      guard
        let step = pcapng?.read(
          octets, atEnd: atEnd, limit: limit, frameLimit: frameLimit, into: &consumer)
      else {
        break
      }
      interfaceCount = pcapng?.interfaceCount ?? 0
      return noting(step)
    case .over:
      return ReadStep(consumedOctets: 0, status: ending)
    }
    return ReadStep(consumedOctets: 0, status: .end)
  }

  /// What ended the reading ends it for good.
  @inline(__always)
  private mutating func noting(_ step: ReadStep) -> ReadStep {
    switch step.status {
    case .batchFull, .needsMore, .limitReached: break
    case .end, .damaged, .refused:
      state = .over
      ending = step.status
    }
    return step
  }

  // MARK: Parts of a file

  /// A reader of a later part of the same file, which begins at `offset`; it counts frames from
  /// there, and knows the interfaces that are known here. `nil` where nothing is known yet.
  public func part(at offset: UInt64) -> CaptureReader? {
    var reader = self
    switch state {
    case .pcap: reader.pcap = pcap?.part(at: offset)
    case .pcapng: reader.pcapng = pcapng?.part(at: offset)
    case .beginning, .over: return nil
    }
    return reader
  }

  /// Where a record seems to begin, within the first `count` octets of those from somewhere in the
  /// file on; `nil` where nothing looks like one.
  public func findRecord(in octets: UnsafeRawBufferPointer, within count: Int) -> Int? {
    switch state {
    case .pcap:
      pcap.flatMap { RecordSearch(header: $0.header).firstRecord(in: octets, within: count) }
    case .pcapng: pcapng.flatMap { BlockSearch($0).firstPacket(in: octets, within: count) }
    case .beginning, .over: nil
    }
  }

  /// Whether `part`, which was made earlier, begins where this one stands, and reads as this one
  /// would.
  public func goesOn(into part: CaptureReader) -> Bool {
    guard offset == part.offset else { return false }
    guard let pcapng, let later = part.pcapng else { return true }
    return pcapng.goesOn(into: later)
  }

  /// Stands where `part` stands, which began where this one stood, and has counted the same frames.
  public mutating func goOn(with part: CaptureReader) {
    if let later = part.pcap { pcap?.goOn(with: later) }
    if let later = part.pcapng { pcapng?.goOn(with: later) }
  }

  /// Chooses the reader.
  private mutating func readHeader(_ octets: UnsafeRawBufferPointer, atEnd: Bool) -> ReadStep {
    func step(_ status: ReadStep.Status, consumed: Int = 0) -> ReadStep {
      ReadStep(consumedOctets: consumed, status: status)
    }
    guard let base = octets.baseAddress, octets.count >= 4 else {
      if !atEnd { return step(.needsMore(octets: 4)) }
      return step(.refused(reason: octets.isEmpty ? "it is empty" : Self.unknown(octets)))
    }
    let word = RecordOctets(base, isSwapped: false).uint32(at: 0)
    if word == PcapngBlock.sectionHeader {
      pcapng = PcapngReader()
      state = .pcapng
      return step(.batchFull)
    }
    guard let magic = PcapHeader.Magic(word) else {
      guard octets.count >= Self.shownOctets || atEnd else {
        return step(.needsMore(octets: Self.shownOctets))
      }
      return step(.refused(reason: Self.unknown(octets)))
    }
    guard octets.count >= PcapHeader.lengthOctets else {
      if !atEnd { return step(.needsMore(octets: PcapHeader.lengthOctets)) }
      return step(
        .refused(
          reason:
            "it ends inside the header of a pcap file, after \(octets.count) of \(PcapHeader.lengthOctets) octets"
        ))
    }
    do throws(PcapHeader.Problem) {
      pcap = PcapReader(try PcapHeader(base, magic: magic))
      state = .pcap
      interfaceCount = 1
      return step(.batchFull, consumed: PcapHeader.lengthOctets)
    } catch {
      switch error {
      case .unsupportedVersion(let major, let minor):
        return step(
          .refused(
            reason: "it is a pcap file of version \(major).\(minor); known are 2.0 to 2.4 and 543.0"
          ))
      }
    }
  }

  /// So much of what is no capture is shown.
  private static let shownOctets = 16

  /// Says that this is no capture, and shows how it begins.
  private static func unknown(_ octets: UnsafeRawBufferPointer) -> String {
    if octets.starts(with: TranscriptEnvelope.magic) {
      return "it is no capture but a transcript, which gapscope merge reads"
    }
    let shown = octets.prefix(shownOctets)
    let digits = Array("0123456789abcdef")
    let hexadecimal = shown.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }
    let text = shown.map { (0x20..<0x7F).contains($0) ? Character(Unicode.Scalar($0)) : "." }
    return
      "it is no capture: it begins with \(hexadecimal.joined(separator: " ")) \"\(String(text))\""
  }
}

import PacketAnalysis

/// Takes the frames of rings that one thread empties, for a recording.
final class FrameRecorder {
  private let recording: CaptureRecording
  private let interfaceCount: Int
  private var encoder: PcapngEncoder
  private var portion: RecordedPortion
  /// Reads blocks that the analysis has read: in them tags are in their places.
  private var reader = RingBlockReader(linkType: .raw, snapLength: .max)

  /// Less is written together only where nothing more comes.
  private static let portionOctets = 256 << 10

  init(_ recording: CaptureRecording, interfaceCount: Int) {
    (self.recording, self.interfaceCount) = (recording, interfaceCount)
    encoder = PcapngEncoder()
    portion = RecordedPortion(interfaceCount: interfaceCount)
  }

  /// Takes the frames of a block that was analyzed, at most `frameLimit`.
  func take(_ block: UnsafeMutableRawBufferPointer, frameLimit: Int, interface: Int) {
    let before = encoder.frameCount
    encoder.append(block, frameLimit: frameLimit, reader: &reader, interface: interface)
    count(from: before, interface)
  }

  /// Takes the frames of a batch.
  func take(_ batch: borrowing FrameBatch, interface: Int) {
    let before = encoder.frameCount
    encoder.append(batch, interface: interface)
    count(from: before, interface)
  }

  private func count(from before: UInt64, _ interface: Int) {
    portion.frames[interface] += encoder.frameCount - before
    if encoder.octets.count >= Self.portionOctets { flush() }
  }

  /// Frames that were not seen.
  func note(_ missing: MissingFrames) { portion.missing.append(missing) }

  /// Hands over what there is.
  func flush() {
    guard !encoder.octets.isEmpty || !portion.missing.isEmpty else { return }
    portion.times = encoder.times
    portion.octets = encoder.octets
    encoder = PcapngEncoder(reusing: recording.write(portion))
    portion = RecordedPortion(interfaceCount: interfaceCount)
  }
}

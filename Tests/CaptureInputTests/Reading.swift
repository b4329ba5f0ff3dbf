import CaptureInput
import PacketAnalysis

/// One frame, copied.
struct FrameCopy: Hashable {
  var octets: [UInt8]
  var originalLength: UInt32
  var time: Timestamp
  var number: UInt64
  var interface: UInt32

  init(_ frame: CapturedFrame) {
    octets = Array(
      UnsafeRawBufferPointer(start: frame.octets, count: Int(frame.capturedLength)))
    originalLength = frame.originalLength
    time = frame.time
    number = frame.number
    interface = frame.interface
  }
}

/// All that reading a file gives.
struct FileReading: Equatable {
  var frames: [FrameCopy] = []
  var damage: CaptureSummary.Damage?
  var failure: CaptureInputError?
  var interfaces: [CaptureInterface] = []
  var drops: [DropRecord] = []

  init(path: String, source: CaptureSource = .automatic) throws {
    let file = try CaptureFile(path: path, source: source)
    var batch = FrameBatch()
    var status = CaptureFile.Status.frames
    while status != .end {
      status = file.nextBatch(into: &batch)
      for index in 0..<batch.count { frames.append(FrameCopy(batch[index])) }
    }
    (damage, failure) = (file.damage, file.failure)
    (interfaces, drops) = (file.interfaces, file.drops.records)
  }
}

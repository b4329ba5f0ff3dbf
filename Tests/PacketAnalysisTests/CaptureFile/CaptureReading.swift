import PacketAnalysis

/// All that a reader says of some octets.
struct CaptureReading: Equatable {
  struct Frame: Equatable {
    var octets: [UInt8]
    var originalLength: UInt32
    var time: Timestamp
    var number: UInt64
    var interface: UInt32
  }

  var frames: [Frame] = []
  var status = ReadStep.Status.end
  var interfaces: [CaptureInterface] = []
  var drops: [DropRecord] = []

  /// - Parameter chunk: so many octets come at a time; `nil`: all at once.
  init(_ octets: [UInt8], chunk: Int? = nil) {
    var reader = CaptureReader()
    var batch = FrameBatch()
    var begin = 0
    var end = min(chunk ?? octets.count, octets.count)
    reading: while true {
      batch.removeAll()
      // Octets of their own, so that reading past them can be noticed.
      let step = Array(octets[begin..<end]).withUnsafeBytes { window in
        let step = reader.read(window, atEnd: end == octets.count, limit: nil, into: &batch)
        for index in 0..<batch.count { frames.append(Frame(batch[index])) }
        return step
      }
      begin += step.consumedOctets
      switch step.status {
      case .batchFull, .limitReached: break
      case .needsMore: end = min(end + (chunk ?? 0), octets.count)
      case .end, .damaged, .refused:
        status = step.status
        break reading
      }
    }
    (interfaces, drops) = (reader.interfaces, reader.drops.records)
  }

  var damage: CaptureSummary.Damage? {
    if case .damaged(let damage) = status { damage } else { nil }
  }

  var isRefused: Bool {
    if case .refused = status { true } else { false }
  }
}

extension CaptureReading.Frame {
  init(_ frame: CapturedFrame) {
    self.init(
      octets: Array(
        UnsafeRawBufferPointer(start: frame.octets, count: Int(frame.capturedLength))),
      originalLength: frame.originalLength, time: frame.time, number: frame.number,
      interface: frame.interface)
  }
}

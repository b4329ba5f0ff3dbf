import PacketAnalysis

/// Reads a capture in memory batch by batch; returns its frames.
func read(_ octets: [UInt8], _ body: (borrowing FrameBatch) -> Void) -> Int {
  octets.withUnsafeBytes { whole in
    var reader = CaptureReader()
    var batch = FrameBatch()
    var rest = whole[...]
    var frames = 0
    while true {
      let step = reader.read(
        UnsafeRawBufferPointer(rebasing: rest), atEnd: true, limit: nil, into: &batch)
      rest = rest.dropFirst(step.consumedOctets)
      frames += batch.count
      if !batch.isEmpty { body(batch) }
      batch.removeAll()
      guard step.status == .batchFull else { return frames }
    }
  }
}

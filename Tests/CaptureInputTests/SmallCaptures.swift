import CaptureTestSupport

/// A pcap file with a frame of one octet for each of `seconds`: the octet is its number.
func pcap(seconds: [UInt32], network: UInt32 = 1, marks: [UInt8]? = nil) -> [UInt8] {
  var writer = CaptureWriter()
  writer.pcapHeader(network: network)
  for (index, second) in seconds.enumerated() {
    writer.pcapRecord(
      seconds: second, fraction: 0, first: 1, second: 1,
      payload: [marks?[index] ?? UInt8(truncatingIfNeeded: index + 1)])
  }
  return writer.octets
}

/// A pcapng file with the interfaces, and a frame of each in turn for each of `seconds`.
func pcapng(interfaces: [String?], seconds: [UInt64]) -> [UInt8] {
  var writer = CaptureWriter()
  writer.section()
  for name in interfaces {
    writer.interface { if let name { $0.option(2, Array(name.utf8)) } }
  }
  for (index, second) in seconds.enumerated() {
    writer.enhancedPacket(
      interface: UInt32(index % interfaces.count), ticks: second * 1_000_000,
      payload: [UInt8(truncatingIfNeeded: index + 1)])
  }
  return writer.octets
}

/// A capture of many frames of different lengths: longer than every buffer.
func longPcap(frames: Int = 6_000) -> [UInt8] {
  var writer = CaptureWriter()
  writer.pcapHeader()
  for number in 0..<frames {
    let length = 1 + number * 37 % 400
    writer.pcapRecord(
      seconds: UInt32(number), fraction: 0, first: UInt32(length), second: 1_500,
      payload: CaptureWriter.payload(number * number, length: length))
  }
  return writer.octets
}

import PacketAnalysis

/// Puts frames together: headers, a payload that looks encrypted, ICV, padding.
///
/// The octets of a frame follow from its life and number alone, so that a copy equals its original.
struct FrameWriter {
  private let pool: PayloadPool
  private let sizes: FrameSizes
  private let shortFrameShare: Double
  /// The headers of all flows, one after the other.
  private var headers: [UInt8] = []
  private var places: [Place] = []

  /// Where the headers of one flow are and what they need.
  private struct Place {
    var offset: Int
    var ipChecksum: UInt64
    var transportChecksum: UInt64
    var length: UInt8
    var networkOffset: UInt8
    var carrier: Carrier
    var isIPv6: Bool
    var isEncrypted: Bool
  }

  /// The shortest Ethernet frame, without its frame check sequence (IEEE Std 802.3, 4.2.3.3).
  static let shortestLength = 60
  static let icvLength = 16
  /// Shorter Secure Data has its length in the SecTAG (IEEE Std 802.1AE-2018, 9.7).
  static let shortDataLimit = 48

  init(options: GeneratorOptions, flows: [Flow], random: inout SplitMix64) {
    pool = PayloadPool(random: &random)
    sizes = options.sizes
    shortFrameShare = options.shortFrameShare
    places.reserveCapacity(flows.count)
    for flow in flows {
      let header = FlowHeader(flow)
      places.append(
        Place(
          offset: headers.count, ipChecksum: header.ipChecksum,
          transportChecksum: header.transportChecksum, length: UInt8(header.octets.count),
          networkOffset: UInt8(header.networkOffset), carrier: flow.carrier,
          isIPv6: flow.source.family == .ipv6, isEncrypted: flow.isEncrypted))
      headers += header.octets
    }
  }

  /// Appends one whole frame and returns its length.
  @inline(__always)
  func write(_ frame: PlannedFrame, of life: Life, into buffer: inout OctetBuffer) -> Int {
    let start = buffer.count
    let place = places[life.flow]
    // A forged frame has octets of its own, even where its number is in use.
    var octets = SplitMix64(
      seed: life.salt &+ SplitMix64.mix(frame.number &* 2 &+ (frame.isSuspect ? 1 : 0)))
    let choice = octets.next()
    let length = sizes.length(UInt32(truncatingIfNeeded: choice >> 32))
    let payload = pool.offset(choice)
    let number = UInt32(truncatingIfNeeded: frame.number)
    buffer.append(headers, from: place.offset, count: Int(place.length))
    if place.carrier == .macsec {
      writeMACsec(
        number, an: life.an, in: place, at: start, length: length, payload: payload,
        random: &octets, into: &buffer)
    } else {
      writeIP(
        number, of: life, in: place, at: start, length: length, payload: payload,
        random: &octets, into: &buffer)
    }
    let written = buffer.count - start
    guard written < Self.shortestLength else { return written }
    buffer.appendZeros(Self.shortestLength - written)
    return Self.shortestLength
  }

  private func writeMACsec(
    _ number: UInt32, an: UInt8, in place: Place, at start: Int, length: Int, payload: Int,
    random: inout SplitMix64, into buffer: inout OctetBuffer
  ) {
    let headerLength = Int(place.length)
    // Secure Data has an EtherType at least, and two octets for it to say something about.
    var dataLength = max(4, length - headerLength - Self.icvLength)
    if random.chance(shortFrameShare) {
      dataLength = 4 + random.below(Self.shortestLength - headerLength - Self.icvLength - 4)
    }
    let tag = start + Int(place.networkOffset)
    buffer.store(headers[place.offset + Int(place.networkOffset)] | an, at: tag)
    let isShort = dataLength < Self.shortDataLimit
    buffer.store(isShort ? UInt8(truncatingIfNeeded: dataLength) : 0, at: tag + 1)
    buffer.store(number, at: tag + 2)
    if place.isEncrypted {
      buffer.append(pool.octets, from: payload, count: dataLength)
    } else {
      buffer.append(EtherType.localExperiment)
      buffer.append(pool.octets, from: payload, count: dataLength - 2)
    }
    buffer.append(random.next())
    buffer.append(random.next())
  }

  private func writeIP(
    _ number: UInt32, of life: Life, in place: Place, at start: Int, length: Int, payload: Int,
    random: inout SplitMix64, into buffer: inout OctetBuffer
  ) {
    let network = start + Int(place.networkOffset)
    let transport = network + (place.isIPv6 ? 40 : 20)
    let room = length - Int(place.length)
    switch place.carrier {
    case .esp, .espInUDP:
      let header = start + Int(place.length) - 8
      buffer.store(life.spi, at: header)
      buffer.store(number, at: header + 4)
      // An initialization vector of 8 octets, a multiple of four, the ICV (RFC 4106, 3 and 6).
      let text = max(4, (room - 8 - Self.icvLength) & ~3)
      buffer.append(pool.octets, from: payload, count: 8 + text)
      buffer.append(random.next())
      buffer.append(random.next())
      if place.carrier == .espInUDP {
        buffer.store(UInt16(truncatingIfNeeded: buffer.count - transport), at: transport + 4)
      }
    case .ah:
      let header = start + Int(place.length) - 8
      buffer.store(life.spi, at: header)
      buffer.store(number, at: header + 4)
      buffer.append(random.next())
      buffer.append(UInt32(truncatingIfNeeded: random.next()))
      buffer.append(pool.octets, from: payload, count: max(4, room - 12))
    case .tcp:
      // What was sent before: no frame of TCP is so short that it is padded.
      let sequence = UInt32(
        truncatingIfNeeded: 1 + life.octets - life.packets * UInt64(place.length))
      let count = max(4, room)
      buffer.append(pool.octets, from: payload, count: count)
      buffer.store(sequence, at: transport + 4)
      let sum =
        place.transportChecksum + UInt64(buffer.count - transport)
        + UInt64(sequence >> 16) + UInt64(sequence & 0xFFFF) + pool.sum(from: payload, count: count)
      buffer.store(InternetChecksum.fold(sum), at: transport + 16)
    case .udp:
      // Begins with the number: random octets are taken for some protocol or other.
      let count = max(4, room) - 4
      buffer.append(number)
      buffer.append(pool.octets, from: payload, count: count)
      let length = UInt16(truncatingIfNeeded: buffer.count - transport)
      buffer.store(length, at: transport + 4)
      let checksum = InternetChecksum.fold(
        place.transportChecksum + 2 * UInt64(length) + UInt64(number >> 16)
          + UInt64(number & 0xFFFF) + pool.sum(from: payload, count: count))
      // 0 would say that there is none (RFC 768).
      buffer.store(checksum == 0 ? 0xFFFF : checksum, at: transport + 6)
    case .macsec: break
    }
    if place.isIPv6 {
      buffer.store(UInt16(truncatingIfNeeded: buffer.count - transport), at: network + 4)
    } else {
      let total = UInt16(truncatingIfNeeded: buffer.count - network)
      let identification = UInt16(truncatingIfNeeded: number)
      buffer.store(total, at: network + 2)
      buffer.store(identification, at: network + 4)
      let sum = place.ipChecksum + UInt64(total) + UInt64(identification)
      buffer.store(InternetChecksum.fold(sum), at: network + 10)
    }
  }
}

import PacketAnalysis

/// One sender: what is the same in all its frames.
struct Flow {
  var carrier: Carrier
  var sourceMAC: MACAddress
  var destinationMAC: MACAddress
  var vlans = VLANStack()

  // MACsec.
  var sci = SCI(rawValue: 0)
  var sciSource = SCISource.explicit
  var isEncrypted = true

  // IP.
  var source = IPAddress(ipv4: 0)
  var destination = IPAddress(ipv4: 0)
  var sourcePort: UInt16 = 0
  var destinationPort: UInt16 = 0

  /// The flow number `index`, told from all others by its addresses.
  init(index: Int, carrier: Carrier, options: GeneratorOptions, random: inout SplitMix64) {
    self.carrier = carrier
    let number = UInt64(index)
    // Locally administered (IEEE Std 802, 8.2).
    sourceMAC = MACAddress(rawValue: 0x0200_0000_0000 | number)
    destinationMAC = MACAddress(rawValue: 0x0600_0000_0000 | random.below(256 as UInt64))
    let place = Double(random.next() >> 11) * 0x1p-53
    if place < options.qinqShare {
      vlans.append(UInt16(truncatingIfNeeded: 100 + random.below(900 as UInt64)))
    }
    if place < options.qinqShare + options.vlanShare {
      vlans.append(UInt16(truncatingIfNeeded: 1 + random.below(4_094 as UInt64)))
    }
    if carrier.isMACsec {
      chooseSCI(options, random: &random)
      isEncrypted = !random.chance(options.integrityOnlyShare)
    } else {
      chooseAddresses(number, options, random: &random)
    }
  }

  private mutating func chooseSCI(_ options: GeneratorOptions, random: inout SplitMix64) {
    var port: UInt16 = 1
    if random.chance(options.withoutSCIShare) {
      switch random.below(5 as UInt64) {
      case 0, 1: sciSource = .endStation
      case 2, 3: sciSource = .implicit
      default:
        sciSource = .singleCopyBroadcast
        port = 0
      }
    } else if random.chance(0.1) {
      port = UInt16(truncatingIfNeeded: 2 + random.below(4_000 as UInt64))
    }
    sci = SCI(systemIdentifier: sourceMAC, portIdentifier: port)
  }

  private mutating func chooseAddresses(
    _ number: UInt64, _ options: GeneratorOptions, random: inout SplitMix64
  ) {
    let peer = random.below(65_536 as UInt64)
    // RFC 3948, 2.2 wants no checksum in UDP around ESP, which IPv6 does not allow.
    if carrier != .espInUDP, random.chance(options.ipv6Share) {
      // 2001:db8::/32 is for documentation (RFC 3849).
      let network = UInt128(0x2001_0DB8) << 96
      source = IPAddress(ipv6: network | UInt128(1) << 64 | UInt128(number + 1))
      destination = IPAddress(ipv6: network | UInt128(2) << 64 | UInt128(peer + 1))
    } else {
      source = IPAddress(ipv4: 0x0A00_0000 &+ UInt32(truncatingIfNeeded: number + 1))
      destination = IPAddress(ipv4: 0xAC10_0000 | UInt32(truncatingIfNeeded: peer))
    }
    switch carrier {
    case .espInUDP:
      // Behind a translator the source port is another one (RFC 3948, 2.1).
      sourcePort = random.chance(0.5) ? 4_500 : ephemeralPort(&random)
      destinationPort = 4_500
    case .tcp, .udp:
      (sourcePort, destinationPort) = (ephemeralPort(&random), ephemeralPort(&random))
    default: break
    }
  }

  /// None that is known for a protocol of its own.
  private func ephemeralPort(_ random: inout SplitMix64) -> UInt16 {
    UInt16(truncatingIfNeeded: 49_152 + random.below(16_384 as UInt64))
  }
}

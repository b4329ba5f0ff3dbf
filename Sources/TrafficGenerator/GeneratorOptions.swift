public import PacketAnalysis

/// What to generate. The defaults make a capture whose truth is worth looking at: some loss, some
/// reordering, a few duplicates.
public struct GeneratorOptions: Sendable, Equatable {
  public enum Format: String, Sendable, CaseIterable {
    /// Times in microseconds.
    case pcap
    /// Times in nanoseconds.
    case pcapNanoseconds = "pcap-nsec"
    /// One interface without a name, times in nanoseconds.
    case pcapng
  }

  /// How many frames the capture holds, exactly.
  public var packets = 500_000
  /// How many senders: secure channels of MACsec, associations of IPsec, plain flows.
  public var flows = 50_000
  public var protocols = ProtocolMix.macsec
  public var seed: UInt64 = 1
  public var sizes = FrameSizes.imix
  /// How many octets of a frame are kept; `nil`: all.
  public var snapLength: Int?
  public var format = Format.pcap

  /// Share of the flows behind one VLAN tag.
  public var vlanShare = 0.1
  /// Share of the flows behind two VLAN tags (802.1ad).
  public var qinqShare = 0.02
  /// Share of the channels whose SecTAG carries no SCI (ES, SCB or neither).
  public var withoutSCIShare = 0.1
  /// Share of the MACsec frames so short that they are padded to the Ethernet minimum.
  public var shortFrameShare = 0.05
  /// Share of the IPsec and plain flows on IPv6.
  public var ipv6Share = 0.2
  /// Share of the ESP associations encapsulated in UDP.
  public var natTraversalShare = 0.2
  /// Share of the channels that only protect integrity (E = 0, C = 0).
  public var integrityOnlyShare = 0.1

  /// Frames per second of capture time, all flows together.
  public var packetsPerSecond = 1_000_000.0
  public var startTime = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000)
  public var scenarios = Scenario.defaults

  public init() {}

  /// Each takes some 30 octets of memory.
  public static let packetLimit = 500_000_000
  /// The longest header of ours fits, so that no snapped frame loses its number.
  public static let shortestSnapLength = 96
}

/// Which share of the flows speaks which protocol; the weights need not add up to anything.
public struct ProtocolMix: Sendable, Equatable {
  public var macsec: Double
  public var esp: Double
  public var ah: Double
  public var plain: Double

  public init(macsec: Double = 0, esp: Double = 0, ah: Double = 0, plain: Double = 0) {
    (self.macsec, self.esp, self.ah, self.plain) = (macsec, esp, ah, plain)
  }

  public static let macsec = ProtocolMix(macsec: 1)
  public static let ipsec = ProtocolMix(esp: 9, ah: 1)
  public static let generic = ProtocolMix(plain: 1)
  public static let mixed = ProtocolMix(macsec: 4, esp: 3, ah: 1, plain: 2)

  /// `macsec`, `ipsec`, `generic`, `mixed`, or `mixed:macsec=5,esp=3,ah=1,plain=1`.
  public init(parsing text: String) throws(GeneratorError) {
    let named: [String: ProtocolMix] = [
      "macsec": .macsec, "ipsec": .ipsec, "generic": .generic, "mixed": .mixed,
    ]
    if let mix = named[text] {
      self = mix
      return
    }
    let expected = "macsec, ipsec, generic, mixed or mixed:macsec=5,esp=3,ah=1,plain=1"
    let specification = Specification(text)
    guard specification.name == "mixed", let values = specification.values else {
      throw .invalidOption(name: "protocol", value: text, expected: expected)
    }
    self.init()
    for (name, value) in values {
      guard let weight = Double(value), weight >= 0, weight.isFinite else {
        throw .invalidOption(name: "protocol", value: text, expected: expected)
      }
      switch name {
      case "macsec": macsec = weight
      case "esp": esp = weight
      case "ah": ah = weight
      case "plain": plain = weight
      default: throw .invalidOption(name: "protocol", value: text, expected: expected)
      }
    }
    guard sum > 0 else {
      throw .invalidOption(name: "protocol", value: text, expected: expected)
    }
  }

  var sum: Double { macsec + esp + ah + plain }
}

/// How long frames are, in octets as a capture counts them (without the frame check sequence).
///
/// A frame is never shorter than its headers and the Ethernet minimum of 60, and ESP is aligned to
/// four octets, so that a frame can differ a little from the length asked for.
public enum FrameSizes: Sendable, Equatable {
  case fixed(Int)
  case uniform(ClosedRange<Int>)
  /// The simple Internet mix: 7 of 64, 4 of 594, 1 of 1,514 octets.
  case imix

  public static let limits = 60...9_216

  /// `64`, `64-1514` or `imix`.
  public init(parsing text: String) throws(GeneratorError) {
    let expected = "imix, a length or a range such as 64-1514, from 60 to 9216 octets"
    if text == "imix" {
      self = .imix
      return
    }
    guard let range = parseRange(text),
      Self.limits.contains(range.lowerBound), Self.limits.contains(range.upperBound)
    else { throw .invalidOption(name: "sizes", value: text, expected: expected) }
    self = range.count == 1 ? .fixed(range.lowerBound) : .uniform(range)
  }

  /// The length of a frame from 32 random bits.
  @inline(__always)
  func length(_ random: UInt32) -> Int {
    switch self {
    case .fixed(let length): length
    case .uniform(let range):
      range.lowerBound + Int((UInt64(random) * UInt64(range.count)) >> 32)
    case .imix:
      switch (UInt64(random) * 12) >> 32 {
      case 0..<7: 64
      case 7..<11: 594
      default: 1_514
      }
    }
  }
}

/// `name:key=value,key=value`; `values` is `nil` where a part of it is not of that form.
struct Specification {
  var name: String
  var values: [(name: String, value: String)]?

  init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts.first ?? "")
    guard parts.count == 2 else {
      values = []
      return
    }
    var read: [(name: String, value: String)] = []
    for item in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { return }
      read.append((String(pair[0]), String(pair[1])))
    }
    values = read
  }
}

/// `7` or `3-9`.
func parseRange(_ text: String) -> ClosedRange<Int>? {
  let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
  guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last
  else { return nil }
  return first...last
}

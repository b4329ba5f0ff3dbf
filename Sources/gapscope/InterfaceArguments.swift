public import ArgumentParser
public import LiveCapture
import PacketAnalysis

/// What is listened to, and how.
struct InterfaceArguments: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Listen to this interface; may be given many times. 'gapscope interfaces' lists them.",
      valueName: "interface"))
  var interface: [String]

  @Argument(
    help: ArgumentHelp(
      "Only frames that match, in the language of pcap-filter(7); several words are one filter.",
      valueName: "filter"))
  var words: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The filter in one word.", valueName: "expression"))
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "Frames that the interface received, that this machine sent on it, or both.",
      valueName: "direction"))
  var direction = FrameDirection.both

  @Option(
    name: [.customShort("s"), .customLong("snaplen")],
    help: ArgumentHelp("Octets taken of each frame, at least 96.", valueName: "octets"))
  var snapLength = Int(LiveCaptureOptions().snapLength)

  @Option(
    name: [.customShort("B"), .customLong("buffer-size")],
    help: ArgumentHelp(
      "Memory of each ring of an interface, where frames wait to be analyzed.", valueName: "MiB"))
  var bufferSize = 32

  @Option(
    help: ArgumentHelp(
      "Rings of each interface, each with a thread and a share of the channels.",
      valueName: "n"))
  var rings = 1

  @Option(
    help: ArgumentHelp(
      """
      ring: copies of what passes; xdp (AF_XDP): the frames that the interface receives, which the \
      machine itself then never sees; libpcap: copies of what passes, through the library, as it is \
      done where the kernel gives no ring.
      """, valueName: "source"))
  var source = FrameSourceKind.ring

  @Flag(help: "All frames that pass, also those that are not meant for this machine.")
  var promiscuous = false

  @Option(
    name: [.customShort("Z"), .long],
    help: ArgumentHelp(
      "Become this user once the interfaces are open, before anything is read or written.",
      valueName: "name"))
  var user: String?

  @OptionGroup
  var decoding: DecodingArguments

  func validate() throws {
    if filter != nil, !words.isEmpty {
      throw ValidationError("There are two filters: --filter and '\(expression ?? "")'.")
    }
    try require(snapLength, "--snaplen", within: Self.snapLengths)
    try require(bufferSize, "--buffer-size", within: 1...RingSize.largestMebibytes)
    if source == .xdp {
      if expression != nil { throw ValidationError("--source xdp has no filter.") }
      if direction == .out { throw ValidationError("--source xdp sees what is received only.") }
    }
    if source != .ring, rings != 1 {
      throw ValidationError("--source \(source.rawValue) has one ring: leave out --rings.")
    }
    try require(rings, "--rings", within: LiveCaptureOptions.ringCounts)
    if let twice = interface.first(where: { name in interface.count { $0 == name } > 1 }) {
      throw ValidationError("\(twice) is named twice.")
    }
  }

  /// What no header that is looked for exceeds, and the longest frame that there is.
  private static let snapLengths = 96...262_144

  private var expression: String? { words.isEmpty ? filter : words.joined(separator: " ") }

  var options: LiveCaptureOptions {
    var options = LiveCaptureOptions()
    options.filter = expression
    options.direction = direction
    options.snapLength = UInt32(clamping: snapLength)
    options.ringSize = RingSize(mebibytes: bufferSize)
    options.isPromiscuous = promiscuous
    options.ringCount = rings
    options.source = source
    options.decoding.macsecEtherTypes = decoding.macsecEtherTypes
    options.decoding.espPorts = decoding.espPorts
    return options
  }
}

extension FrameDirection: ExpressibleByArgument {}
extension FrameSourceKind: ExpressibleByArgument {}

import ArgumentParser
import PacketAnalysis

/// Where protected headers are looked for, besides where the standards put them.
struct DecodingArguments: ParsableArguments {
  @Option(
    name: .customLong("macsec-ethertype"),
    help: ArgumentHelp(
      "An EtherType that carries a SecTAG besides 0x88e5; may be given many times.",
      valueName: "number"),
    transform: { text in try parseInteger(text, within: 0x0600...0xFFFF) })
  var macsecEtherTypes: [UInt16] = []

  @Option(
    name: .customLong("esp-port"),
    help: ArgumentHelp(
      "A UDP port that carries ESP besides 4500; may be given many times.", valueName: "port"),
    transform: { text in try parseInteger(text, within: 1...0xFFFF) })
  var espPorts: [UInt16] = []
}

/// A decimal number, or a hexadecimal one behind `0x`.
func parseInteger(_ text: String, within limits: ClosedRange<UInt16>) throws -> UInt16 {
  let number = text.hasPrefix("0x") ? UInt16(text.dropFirst(2), radix: 16) : UInt16(text)
  guard let number, limits.contains(number) else {
    throw ValidationError("'\(text)' is not from \(limits.lowerBound) to \(limits.upperBound).")
  }
  return number
}

extension AnalysisOptions {
  /// What the groups of options ask for; a command has those that mean something to it.
  init(
    _ decoding: DecodingArguments, _ tracking: TrackingArguments, limits: LimitArguments? = nil,
    buckets: BucketArguments? = nil
  ) {
    self.init()
    self.tracking = tracking.options
    macsecEtherTypes = decoding.macsecEtherTypes
    espPorts = decoding.espPorts
    bucketNanoseconds = buckets?.bucket
    if let limits { self.limits = limits.limits }
  }

  /// The same for captures, of which only a range of time may be asked for.
  init(
    _ input: InputArguments, _ tracking: TrackingArguments, limits: LimitArguments? = nil,
    buckets: BucketArguments? = nil
  ) {
    self.init(input.decoding, tracking, limits: limits, buckets: buckets)
    (from, to) = (input.from, input.to)
  }
}

import ArgumentParser
import TrafficGenerator

/// Which share of the generated flows has which form.
struct FlowShares: ParsableArguments {
  private static let defaults = GeneratorOptions()

  @Option(help: ArgumentHelp("Flows behind one VLAN tag.", valueName: "share"))
  var vlanShare = defaults.vlanShare

  @Option(help: ArgumentHelp("Flows behind two VLAN tags.", valueName: "share"))
  var qinqShare = defaults.qinqShare

  @Option(
    name: .customLong("without-sci-share"),
    help: ArgumentHelp("Channels whose SecTAG has no SCI (ES, SCB or neither).", valueName: "share")
  )
  var withoutSCIShare = defaults.withoutSCIShare

  @Option(
    help: ArgumentHelp("MACsec frames with SL, padded to the Ethernet minimum.", valueName: "share")
  )
  var shortFrameShare = defaults.shortFrameShare

  @Option(
    help: ArgumentHelp("Channels that are not encrypted (E = 0, C = 0).", valueName: "share"))
  var integrityOnlyShare = defaults.integrityOnlyShare

  @Option(
    name: .customLong("ipv6-share"),
    help: ArgumentHelp("IPsec and plain flows on IPv6.", valueName: "share"))
  var ipv6Share = defaults.ipv6Share

  @Option(help: ArgumentHelp("ESP associations in UDP on port 4500.", valueName: "share"))
  var natTraversalShare = defaults.natTraversalShare

  func apply(to options: inout GeneratorOptions) {
    options.vlanShare = vlanShare
    options.qinqShare = qinqShare
    options.withoutSCIShare = withoutSCIShare
    options.shortFrameShare = shortFrameShare
    options.integrityOnlyShare = integrityOnlyShare
    options.ipv6Share = ipv6Share
    options.natTraversalShare = natTraversalShare
  }
}

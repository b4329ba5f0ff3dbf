extension TranscriptPart {
  /// The part as octets: see `docs/transcript-format.md`.
  public func encoded() -> [UInt8] {
    var body = OctetWriter()
    for section in TranscriptSection.allCases {
      let content = content(of: section)
      body.append(section.rawValue)
      body.append(UInt64(content.count))
      body.append(content)
    }
    var octets = OctetWriter()
    octets.append(TranscriptEnvelope.magic)
    octets.append(TranscriptEnvelope.version)
    octets.append(UInt64(body.octets.count))
    octets.append(body.octets)
    octets.append(fixed: TranscriptEnvelope.checksum(octets.octets))
    return octets.octets
  }

  /// Two files are the same capture if what they hold is; files without a frame, if their names are.
  func encodedIdentity() -> UInt64 {
    let hasFrames = origin.run.captures.contains { $0.packets > 0 }
    let sections = TranscriptSection.allCases.filter {
      $0.isOfContent || $0 == .name && !hasFrames
    }
    return TranscriptEnvelope.checksum(sections.map { content(of: $0) }.joined())
  }

  private func content(of section: TranscriptSection) -> [UInt8] {
    var out = OctetWriter()
    switch section {
    case .options: out.append(options, filter: origin.filter)
    case .identity: out.append(fixed: identity)
    case .name: out.append(file)
    case .origin: out.append(origin)
    case .totals:
      for field in FrameTotals.fields { out.append(totals[keyPath: field.path]) }
      out.append(analyzedTimes?.lowerBound)
      out.append(analyzedTimes?.upperBound)
    case .flows: out.append(flows) { $0.append($1) }
    case .findings: out.append(findings) { $0.append($1) }
    case .associations: out.append(associations) { $0.append($1) }
    case .shapes: out.append(shapes) { $0.append($1) }
    case .runs: out.append(runs)
    }
    return out.octets
  }
}

extension OctetWriter {
  fileprivate mutating func append(_ options: AnalysisOptions, filter: String?) {
    append(options.tracking.horizon)
    append(options.tracking.window)
    append(options.tracking.start)
    append(UInt64(options.tracking.confirmations))
    append(options.tracking.fastestFramesPerSecond)
    append(UInt64(bitPattern: options.tracking.retireNanoseconds))
    append(options.macsecEtherTypes) { $0.append($1) }
    append(options.espPorts) { $0.append($1) }
    append(options.from)
    append(options.to)
    append(filter)
  }

  private mutating func append(_ text: String?) {
    append(text != nil)
    if let text { append(text) }
  }

  fileprivate mutating func append(_ origin: TranscriptOrigin) {
    append(origin.firstTime)
    append(origin.run.points) { $0.append($1) }
    append(UInt64(origin.openingPointCount))
    append(origin.run.captures) { $0.append($1) }
    append(origin.run.blindIntervals) { $0.append($1) }
    append(origin.run.notes) { $0.append($1) }
  }

  private mutating func append(_ capture: CaptureSummary) {
    append(octet: capture.format == .pcap ? 0 : 1)
    append(UInt64(capture.point))
    append(capture.packets)
    append(capture.octets)
    append(capture.firstTime)
    append(capture.lastTime)
    append(capture.damaged != nil)
    if let damage = capture.damaged {
      append(damage.offset)
      append(damage.reason)
    }
    append(capture.capturedDrops != nil)
    if let drops = capture.capturedDrops { append(drops) }
    append(capture.timeSteps)
    append(capture.snapLength)
    append(capture.snappedFrames)
    append(capture.longestFrameOctets)
    append(capture.linkType.rawValue)
  }

  private mutating func append(_ interval: BlindInterval) {
    append(UInt64(interval.point))
    append(interval.start)
    append(interval.end)
    append(octet: interval.reason.code)
    append(interval.drops)
  }

  fileprivate mutating func append(_ flow: FlowSummary) {
    append(flow.key.point)
    append(octet: flow.key.ipProtocol)
    append(flow.key.source)
    append(flow.key.destination)
    append(flow.key.sourcePort)
    append(flow.key.destinationPort)
    append(flow.packets)
    append(flow.octets)
    append(flow.firstTime)
    append(flow.lastTime)
    append(flow.firstFrame.frame)
    append(flow.firstFrame.time)
  }

  private mutating func append(_ address: IPAddress) {
    append(octet: address.family.rawValue)
    if address.family == .ipv6 { append(fixed: UInt64(address.bits >> 64)) }
    append(fixed: UInt64(truncatingIfNeeded: address.bits))
  }

  fileprivate mutating func append(_ finding: TranscriptFinding) {
    append(octet: finding.error.layer.rawValue)
    append(octet: finding.error.problem.rawValue)
    append(finding.count)
    append(finding.frame)
    append(finding.time)
  }

  fileprivate mutating func append(_ key: AssociationKey) {
    append(key.point)
    switch key.identity {
    case .macsec(let macsec):
      append(octet: 0)
      append(fixed: macsec.sci.rawValue)
      append(octet: macsec.an)
      append(macsec.vlans)
    case .ipsec(let ipsec):
      append(octet: ipsec.securityProtocol.rawValue)
      append(ipsec.source)
      append(ipsec.destination)
      append(ipsec.spi)
      append(ipsec.ports != nil)
      if let ports = ipsec.ports {
        append(ports.source)
        append(ports.destination)
      }
    }
  }

  private mutating func append(_ vlans: VLANStack) {
    append(vlans.identifiers) { $0.append($1) }
  }

  fileprivate mutating func append(_ shape: ObservedShape) {
    append(octet: shape.tci)
    append(octet: shape.sciSource.rawValue)
    append(shape.vlans)
    for address in [shape.source, shape.destination] {
      append(address != nil)
      if let address { append(address.rawValue) }
    }
  }

  fileprivate mutating func append(_ runs: RunColumns) {
    append(UInt64(runs.timeUnit))
    for column in runs.columns {
      append(UInt64(column.count))
      append(column)
    }
  }
}

extension BlindInterval.Reason {
  /// By their codes.
  private static let inTranscripts: [Self] = [
    .interfaceStatistics, .dropCount, .ringFull, .interfaceDown, .restart,
  ]

  /// As a transcript numbers them.
  fileprivate var code: UInt8 { UInt8(Self.inTranscripts.firstIndex(of: self) ?? 0) }

  init?(code: UInt8) {
    guard Int(code) < Self.inTranscripts.count else { return nil }
    self = Self.inTranscripts[Int(code)]
  }
}

extension TranscriptPart {
  /// Reads the parts of a transcript; `name` is for errors.
  public static func parts(
    of octets: [UInt8], named name: String
  ) throws(TranscriptError) -> [TranscriptPart] {
    var reader = OctetReader(octets)
    var parts: [TranscriptPart] = []
    repeat {
      let offset = octets.count - reader.remainingCount
      do throws(TranscriptDamage) {
        var part = try TranscriptPart(reading: &reader)
        part.transcript = name
        parts.append(part)
      } catch {
        throw .damaged(transcript: name, offset: offset, error)
      }
    } while !reader.isAtEnd
    return parts
  }

  /// Whether a file of parts may begin with these octets.
  public static func mayBegin(_ octets: [UInt8]) -> Bool {
    zip(octets, TranscriptEnvelope.magic).allSatisfy { $0 == $1 }
  }

  private init(reading reader: inout OctetReader) throws(TranscriptDamage) {
    var whole = reader
    for octet in TranscriptEnvelope.magic {
      guard let found = try reader.octetOrNone(), found == octet else {
        var beginning = whole
        switch try beginning.octetOrNone() {
        case UInt8(ascii: "{"): throw .linesOfJSON
        case 0x1F, 0x28: throw .compressed  // As gzip and zstd begin.
        default: throw .notATranscript
        }
      }
    }
    let version = try reader.unsigned()
    guard TranscriptEnvelope.readableVersions.contains(version) else {
      throw .unsupportedVersion(version)
    }
    var body = try reader.slice(length: try reader.integer(Int.self))
    let summed = try whole.slice(length: whole.remainingCount - reader.remainingCount)
    guard try reader.fixed() == summed.checksum else { throw .checksum }

    var sections: [TranscriptSection: OctetReader] = [:]
    while !body.isAtEnd {
      let number = try body.unsigned()
      let content = try body.slice(length: try body.integer(Int.self))
      guard let section = TranscriptSection(rawValue: number) else {
        guard number >= TranscriptSection.firstOptional else { throw .unknownSection(number) }
        continue
      }
      guard sections.updateValue(content, forKey: section) == nil else { throw .valueOutOfRange }
    }
    try self.init(sections, version: version)
    try check()
    // What is left out as given twice must be the same: its word is not taken for that.
    identity = encodedIdentity()
  }

  private init(
    _ sections: [TranscriptSection: OctetReader], version: UInt64
  ) throws(TranscriptDamage) {
    func read<Value>(
      _ section: TranscriptSection,
      _ read: (inout OctetReader) throws(TranscriptDamage) -> Value
    ) throws(TranscriptDamage) -> Value {
      guard var content = sections[section] else { throw .missingSection(section.rawValue) }
      let value = try read(&content)
      guard content.isAtEnd else { throw .valueOutOfRange }
      return value
    }
    let filter: String?
    (options, filter) = try read(.options) { reader throws(TranscriptDamage) in
      try reader.options()
    }
    _ = try read(.identity) { reader throws(TranscriptDamage) in try reader.fixed() }
    origin = try read(.origin) { reader throws(TranscriptDamage) in try reader.origin() }
    origin.filter = filter
    origin.run.files = [
      try read(.name) { reader throws(TranscriptDamage) in try reader.text() }
    ]
    let pointCount = origin.run.points.count
    (totals, analyzedTimes) = try read(.totals) { reader throws(TranscriptDamage) in
      var totals = FrameTotals()
      for field in FrameTotals.fields { totals[keyPath: field.path] = try reader.unsigned() }
      return (totals, try reader.times())
    }
    flows = try read(.flows) { reader throws(TranscriptDamage) in
      try reader.array { reader throws(TranscriptDamage) in
        try reader.flow(pointCount: pointCount)
      }
    }
    findings = try read(.findings) { reader throws(TranscriptDamage) in
      try reader.array { reader throws(TranscriptDamage) in try reader.finding() }
    }
    associations = try read(.associations) { reader throws(TranscriptDamage) in
      try reader.array { reader throws(TranscriptDamage) in
        try reader.association(pointCount: pointCount)
      }
    }
    shapes = try read(.shapes) { reader throws(TranscriptDamage) in
      try reader.array { reader throws(TranscriptDamage) in try reader.shape() }
    }
    runs = try read(.runs) { reader throws(TranscriptDamage) in
      try reader.runs(version: version)
    }
  }

  /// Reads the runs once, so that nothing is wrong with them later.
  private func check() throws(TranscriptDamage) {
    var (zeros, nestedZeros): (UInt64, UInt64) = (0, 0)
    var reader = try RunReader(
      runs, associationCount: associations.count, shapeCount: shapes.count)
    while let run = try reader.next() {
      guard !run.isBadTag, run.number == 0, associations[Int(run.association)].isMACsec else {
        continue
      }
      // Each may be malformed (rule 8), and is no frame of its class then.
      if run.isNested { nestedZeros += 1 } else { zeros += 1 }
    }
    guard zeros <= totals.macsec, nestedZeros <= totals.nested else { throw .valueOutOfRange }
  }
}

extension AssociationKey {
  var isMACsec: Bool {
    if case .macsec = identity { true } else { false }
  }
}

extension OctetReader {
  /// `nil` where there is none.
  fileprivate mutating func octetOrNone() throws(TranscriptDamage) -> UInt8? {
    isAtEnd ? nil : try octet()
  }

  fileprivate var checksum: UInt64 {
    var copy = self
    return TranscriptEnvelope.checksum(copy.rest())
  }

  /// Two times, or none.
  fileprivate mutating func times() throws(TranscriptDamage) -> ClosedRange<Timestamp>? {
    let (first, last) = (try time(), try time())
    guard let first, let last, first <= last else {
      guard first == nil, last == nil else { throw .valueOutOfRange }
      return nil
    }
    return first...last
  }

  fileprivate mutating func options() throws(TranscriptDamage) -> (AnalysisOptions, String?) {
    var options = AnalysisOptions()
    options.tracking.horizon = try integer(within: TrackingOptions.horizonLimits)
    options.tracking.window = try integer(within: TrackingOptions.windowLimits)
    options.tracking.start = try integer(within: TrackingOptions.windowLimits)
    options.tracking.confirmations = try integer(within: TrackingOptions.confirmationLimits)
    options.tracking.fastestFramesPerSecond = try integer(
      within: TrackingOptions.fastestFramesLimits)
    options.tracking.retireNanoseconds = try integer()
    let tracking = options.tracking
    guard tracking.start <= tracking.window, tracking.window <= tracking.horizon else {
      throw .valueOutOfRange
    }
    options.macsecEtherTypes = try array { reader throws(TranscriptDamage) in
      try reader.integer()
    }
    options.espPorts = try array { reader throws(TranscriptDamage) in try reader.integer() }
    options.from = try time()
    options.to = try time()
    return (options, try flag() ? try text() : nil)
  }

  fileprivate mutating func origin() throws(TranscriptDamage) -> TranscriptOrigin {
    let firstTime = try time()
    var run = RunDescription()
    run.points = try array { reader throws(TranscriptDamage) in try reader.text() }
    let pointCount = run.points.count
    guard Set(run.points).count == pointCount, pointCount <= 1 << 16 else {
      throw .valueOutOfRange
    }
    let openingPointCount = try integer(within: 0...pointCount)
    run.captures = try array { reader throws(TranscriptDamage) in
      try reader.capture(pointCount: pointCount)
    }
    run.blindIntervals = try array { reader throws(TranscriptDamage) in
      try reader.blindInterval(pointCount: pointCount)
    }
    run.notes = try array { reader throws(TranscriptDamage) in try reader.text() }
    return TranscriptOrigin(
      run: run, firstTime: firstTime, openingPointCount: openingPointCount, filter: nil)
  }

  private mutating func capture(pointCount: Int) throws(TranscriptDamage) -> CaptureSummary {
    let format: CaptureSummary.Format = try flag() ? .pcapng : .pcap
    var capture = CaptureSummary(file: 0, format: format, point: try index(below: pointCount))
    capture.packets = try unsigned()
    capture.octets = try unsigned()
    capture.firstTime = try time()
    capture.lastTime = try time()
    if try flag() {
      capture.damaged = CaptureSummary.Damage(offset: try unsigned(), reason: try text())
    }
    if try flag() { capture.capturedDrops = try unsigned() }
    capture.timeSteps = try unsigned()
    capture.snapLength = try integer()
    capture.snappedFrames = try unsigned()
    capture.longestFrameOctets = try integer()
    capture.linkType = LinkType(rawValue: try integer())
    return capture
  }

  private mutating func blindInterval(pointCount: Int) throws(TranscriptDamage) -> BlindInterval {
    let point = try index(below: pointCount)
    let (start, end) = (try time(), try time())
    guard let reason = BlindInterval.Reason(code: try octet()) else { throw .valueOutOfRange }
    return BlindInterval(
      point: point, start: start, end: end, reason: reason, drops: try unsigned())
  }

  fileprivate mutating func flow(pointCount: Int) throws(TranscriptDamage) -> FlowSummary {
    let key = FlowKey(
      point: UInt16(try index(below: pointCount)), ipProtocol: try octet(),
      source: try address(), destination: try address(), sourcePort: try integer(),
      destinationPort: try integer())
    var flow = FlowSummary(key: key)
    flow.packets = try unsigned()
    flow.octets = try unsigned()
    flow.firstTime = try time()
    flow.lastTime = try time()
    flow.firstFrame = FrameReference(
      file: 0, frame: try integer(within: 0...FramePlace.frameLimit), time: try time())
    return flow
  }

  private mutating func address() throws(TranscriptDamage) -> IPAddress {
    switch IPAddress.Family(rawValue: try octet()) {
    case .ipv4:
      guard let bits = UInt32(exactly: try fixed()) else { throw .valueOutOfRange }
      return IPAddress(ipv4: bits)
    case .ipv6: return IPAddress(ipv6: UInt128(try fixed()) << 64 | UInt128(try fixed()))
    case nil: throw .valueOutOfRange
    }
  }

  fileprivate mutating func finding() throws(TranscriptDamage) -> TranscriptFinding {
    guard let layer = Layer(rawValue: try octet()),
      let problem = DecodeError.Problem(rawValue: try octet())
    else { throw .valueOutOfRange }
    return TranscriptFinding(
      error: DecodeError(problem, in: layer), count: try unsigned(),
      frame: try integer(within: 0...FramePlace.frameLimit), time: try time())
  }

  fileprivate mutating func association(
    pointCount: Int
  ) throws(TranscriptDamage) -> AssociationKey {
    let point = UInt16(try index(below: pointCount))
    let kind = try octet()
    if kind == 0 {
      let macsec = MACsecIdentity(
        sci: SCI(rawValue: try fixed()), an: try integer(within: 0...3), vlans: try vlans())
      return AssociationKey(point: point, identity: .macsec(macsec))
    }
    guard let securityProtocol = IPsecIdentity.SecurityProtocol(rawValue: kind) else {
      throw .valueOutOfRange
    }
    var ipsec = IPsecIdentity(
      securityProtocol: securityProtocol, source: try address(), destination: try address(),
      spi: try integer(), ports: nil)
    if try flag() {
      ipsec.ports = IPsecIdentity.UDPPorts(source: try integer(), destination: try integer())
    }
    return AssociationKey(point: point, identity: .ipsec(ipsec))
  }

  private mutating func vlans() throws(TranscriptDamage) -> VLANStack {
    var vlans = VLANStack()
    for identifier in try array({ reader throws(TranscriptDamage) -> UInt16 in
      try reader.integer(within: 0...0xFFF)
    }) {
      guard vlans.count < VLANStack.capacity else { throw .valueOutOfRange }
      vlans.append(identifier)
    }
    return vlans
  }

  fileprivate mutating func shape() throws(TranscriptDamage) -> ObservedShape {
    let tci = try octet()
    guard let sciSource = SCISource(rawValue: try octet()) else { throw .valueOutOfRange }
    return ObservedShape(
      tci: tci, sciSource: sciSource, vlans: try vlans(), source: try macAddress(),
      destination: try macAddress())
  }

  private mutating func macAddress() throws(TranscriptDamage) -> MACAddress? {
    guard try flag() else { return nil }
    return MACAddress(rawValue: try integer(within: 0...0xFFFF_FFFF_FFFF))
  }

  fileprivate mutating func runs(version: UInt64) throws(TranscriptDamage) -> RunColumns {
    let unit = try integer(Int64.self)
    guard RunColumns.timeUnits.contains(unit) else { throw .valueOutOfRange }
    var columns: [[UInt8]] = []
    for _ in RunColumns.Column.allCases {
      var column = try slice(length: try integer(Int.self))
      columns.append(version == 1 ? ColumnCoding.asItIs(column.rest()) : column.rest())
    }
    return RunColumns(columns: columns, timeUnit: unit)
  }
}

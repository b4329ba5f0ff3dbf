extension TranscriptPart {
  /// The part taken apart by secure channel, for engines that group: of each channel a part that has
  /// nothing else, then one with what belongs to no channel (the `channel` is `nil`).
  ///
  /// The channel of a MACsec association is its key with AN 0; an ESP or AH association is one.
  public func channels() -> [(channel: AssociationKey?, part: TranscriptPart)] {
    var order: [AssociationKey] = []
    var slices: [AssociationKey: ChannelSlice] = [:]
    var places: [(channel: AssociationKey, index: Int)] = []
    for association in associations {
      let channel = association.channel
      if slices[channel] == nil {
        order.append(channel)
        slices[channel] = ChannelSlice()
      }
      slices[channel]?.associations.append(association)
      places.append((channel, (slices[channel]?.associations.count ?? 1) - 1))
    }
    // They were read before, or written by this program.
    var reader = try? RunReader(
      runs, associationCount: associations.count, shapeCount: shapes.count)
    while let run = try? reader?.next() {
      let (channel, index) = places[Int(run.association)]
      slices[channel]?.append(run, association: UInt32(index), shapes: shapes)
    }
    return order.map { ($0, part(of: $0, slices[$0] ?? ChannelSlice())) } + [(nil, remainder)]
  }

  private func part(of channel: AssociationKey, _ slice: ChannelSlice) -> TranscriptPart {
    var part = self
    part.totals = FrameTotals()
    for run in slice.runs where !run.isBadTag {
      let packets = UInt64(run.tail.count) + 1
      guard !run.isNested else {
        part.totals.nested += packets
        continue
      }
      part.totals.packets += packets
      part.totals.octets += UInt64(run.octets) + run.tail.octets
      part.totals[keyPath: channel.frameClassTotal] += packets
    }
    (part.flows, part.findings) = ([], [])
    part.associations = slice.associations
    part.shapes = slice.shapes
    var writer = RunWriter(
      associationCount: slice.associations.count, timeUnit: runs.timeUnit)
    for run in slice.runs { writer.append(run) }
    part.runs = writer.finish()
    part.identity = part.encodedIdentity()
    return part
  }

  /// Everything but the channels.
  private var remainder: TranscriptPart {
    var part = self
    (part.associations, part.shapes) = ([], [])
    part.runs = RunWriter(associationCount: 0, timeUnit: runs.timeUnit).finish()
    part.identity = part.encodedIdentity()
    return part
  }
}

/// What a part has of one channel.
private struct ChannelSlice {
  var associations: [AssociationKey] = []
  private(set) var runs: [ArrivalRun] = []
  private(set) var shapes: [ObservedShape] = []
  private var shapeIndices: [UInt32: UInt32] = [:]

  mutating func append(_ run: ArrivalRun, association: UInt32, shapes known: [ObservedShape]) {
    var own = run
    own.association = association
    if !run.isBadTag {
      if shapeIndices[run.shape] == nil {
        shapeIndices[run.shape] = UInt32(shapes.count)
        shapes.append(known[Int(run.shape)])
      }
      own.shape = shapeIndices[run.shape] ?? 0
    }
    runs.append(own)
  }
}

extension AssociationKey {
  /// All ANs of a MACsec channel have the same.
  fileprivate var channel: AssociationKey {
    guard case .macsec(var macsec) = identity else { return self }
    macsec.an = 0
    return AssociationKey(point: point, identity: .macsec(macsec))
  }

  /// Where frames are counted whose outermost protected header is of this association.
  fileprivate var frameClassTotal: WritableKeyPath<FrameTotals, UInt64> {
    switch identity {
    case .macsec: \.macsec
    case .ipsec(let ipsec): ipsec.securityProtocol == .esp ? \.esp : \.ah
    }
  }
}

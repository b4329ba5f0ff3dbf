public import PacketAnalysis

/// What an analysis says otherwise than the truth.
///
/// Associations are compared by key and epoch, gaps by their association and number: ids are made
/// elsewhere, and the truth has only numbers of its own. Not compared: file names, points' names,
/// time buckets, notes.
public struct ReportDifference {
  private let truth: AnalysisReport
  private let report: AnalysisReport
  private var found: [String] = []

  /// One readable sentence for each difference, at most `limit` of them; empty where both agree.
  public static func differences(
    truth: AnalysisReport, report: AnalysisReport, limit: Int = 100
  ) -> [String] {
    var comparison = ReportDifference(truth: truth, report: report)
    comparison.compareAll()
    let rest = comparison.found.count - limit
    return comparison.found.prefix(limit) + (rest > 0 ? ["and \(rest) more differences"] : [])
  }

  private init(truth: AnalysisReport, report: AnalysisReport) {
    (self.truth, self.report) = (truth, report)
  }

  private mutating func compareAll() {
    compareCaptures()
    compareTotals()
    compareAssociations()
    compareGaps("gap", truth.gaps, report.gaps)
    compareGaps("skip", truth.skips, report.skips)
    compareSuspects()
    compareFlows()
    if truth.malformed != report.malformed {
      found.append("malformed: \(report.malformed) instead of \(truth.malformed)")
    }
  }

  private mutating func expect<T: Equatable>(_ what: String, _ meant: T, _ said: T) {
    guard meant != said else { return }
    found.append("\(what): \(said) instead of \(meant)")
  }

  private mutating func compareCaptures() {
    expect("captures", truth.captures.count, report.captures.count)
    for (index, (a, b)) in zip(truth.captures, report.captures).enumerated() {
      let name = "capture \(index + 1)"
      expect("\(name) format", a.format, b.format)
      expect("\(name) packets", a.packets, b.packets)
      expect("\(name) octets", a.octets, b.octets)
      expect("\(name) firstTime", Self.text(a.firstTime), Self.text(b.firstTime))
      expect("\(name) lastTime", Self.text(a.lastTime), Self.text(b.lastTime))
      expect("\(name) timeSteps", a.timeSteps, b.timeSteps)
      expect("\(name) damaged", a.damaged, b.damaged)
      expect("\(name) capturedDrops", a.capturedDrops, b.capturedDrops)
      expect("\(name) snapLength", a.snapLength, b.snapLength)
      expect("\(name) snappedFrames", a.snappedFrames, b.snappedFrames)
      expect("\(name) longestFrameOctets", a.longestFrameOctets, b.longestFrameOctets)
    }
  }

  private mutating func compareTotals() {
    let (a, b) = (truth.totals, report.totals)
    for (name, path) in FrameTotals.fields {
      expect("totals \(name)", a[keyPath: path], b[keyPath: path])
    }
  }

  // MARK: - Associations

  private struct EpochKey: Hashable {
    var key: AssociationKey
    var epoch: Int
  }

  private mutating func compareAssociations() {
    let meant = truth.associations
    let said = Dictionary(
      report.associations.map { (EpochKey(key: $0.key, epoch: $0.epoch), $0) },
      uniquingKeysWith: { first, _ in first })
    if said.count != report.associations.count {
      found.append("associations: \(report.associations.count - said.count) listed twice")
    }
    var left = Set(said.keys)
    for a in meant {
      let key = EpochKey(key: a.key, epoch: a.epoch)
      guard let b = said[key] else {
        found.append("\(Self.name(a)): not reported; meant \(Self.brief(a))")
        continue
      }
      left.remove(key)
      compare(a, b)
    }
    for b in report.associations where left.contains(EpochKey(key: b.key, epoch: b.epoch)) {
      found.append("\(Self.name(b)): reported, but there is none: \(Self.brief(b))")
    }
    if left.isEmpty, meant.count == report.associations.count {
      for (place, (a, b)) in zip(meant, report.associations).enumerated()
      where a.key != b.key || a.epoch != b.epoch {
        found.append("associations: place \(place) has \(Self.name(b)) instead of \(Self.name(a))")
        break
      }
    }
  }

  private mutating func compare(_ a: AssociationSummary, _ b: AssociationSummary) {
    let name = Self.name(a)
    let counts: [(String, KeyPath<AssociationSummary, UInt64>)] = [
      ("packets", \.packets), ("octets", \.octets), ("distinct", \.distinct),
      ("lostBlind", \.lostBlind), ("skipped", \.skipped), ("duplicates", \.duplicates),
      ("reordered", \.reordered),
      ("suspects", \.suspects), ("gaps", \.gaps), ("badTags", \.badTags),
    ]
    for (field, path) in counts {
      expect("\(name) \(field)", a[keyPath: path], b[keyPath: path])
    }
    expect("\(name) lost", Self.lost(a), Self.lost(b))
    expect("\(name) lowestNumber", Self.text(a.lowestNumber), Self.text(b.lowestNumber))
    expect("\(name) highestNumber", Self.text(a.highestNumber), Self.text(b.highestNumber))
    expect("\(name) firstTime", Self.text(a.firstTime), Self.text(b.firstTime))
    expect("\(name) lastTime", Self.text(a.lastTime), Self.text(b.lastTime))
    expect("\(name) first frame", a.firstFrame.frame, b.firstFrame.frame)
    expect("\(name) interArrival", Self.text(a.interArrival), Self.text(b.interArrival))
    expect(
      "\(name) destinationAddresses", Self.text(a.destinationAddresses),
      Self.text(b.destinationAddresses))
    guard case .macsec = a.key.identity else { return }
    expect("\(name) sourceAddresses", Self.text(a.sourceAddresses), Self.text(b.sourceAddresses))
    expect("\(name) sciSource", a.sciSource, b.sciSource)
    expect("\(name) vlans", a.vlans.identifiers, b.vlans.identifiers)
    expect("\(name) encrypted", a.encrypted, b.encrypted)
    expect("\(name) changed", a.changed, b.changed)
  }

  // MARK: - Gaps, skips, suspects

  private struct GapKey: Hashable {
    var association: EpochKey?
    var first: UInt64
    var last: UInt64
  }

  private static func name(_ key: GapKey) -> String {
    let association = key.association.map { "\(name($0.key)) epoch \($0.epoch)" }
    return "\(key.first) to \(key.last) of \(association ?? "an unknown association")"
  }

  private static func epochKeys(_ report: AnalysisReport) -> [UInt64: EpochKey] {
    Dictionary(
      report.associations.map { ($0.id, EpochKey(key: $0.key, epoch: $0.epoch)) },
      uniquingKeysWith: { first, _ in first })
  }

  private mutating func compareGaps(
    _ word: String, _ meant: ReportRows<SequenceGap>, _ said: ReportRows<SequenceGap>
  ) {
    let meantKeys = Self.epochKeys(truth)
    let saidKeys = Self.epochKeys(report)
    var left: [GapKey: SequenceGap] = [:]
    for gap in said {
      let key = GapKey(
        association: saidKeys[gap.association], first: gap.firstMissing, last: gap.lastMissing)
      if left.updateValue(gap, forKey: key) != nil {
        found.append("\(word) \(Self.name(key)): reported twice")
      }
    }
    for a in meant {
      let key = GapKey(
        association: meantKeys[a.association], first: a.firstMissing, last: a.lastMissing)
      guard let b = left.removeValue(forKey: key) else {
        found.append("\(word) \(Self.name(key)): not reported")
        continue
      }
      expect("\(word) \(Self.name(key)) before", Self.text(a.before), Self.text(b.before))
      expect("\(word) \(Self.name(key)) after", Self.text(a.after), Self.text(b.after))
      expect("\(word) \(Self.name(key)) provisional", a.provisional, b.provisional)
    }
    // In the order of the report, so that the same difference always reads the same.
    for gap in said {
      let key = GapKey(
        association: saidKeys[gap.association], first: gap.firstMissing, last: gap.lastMissing)
      guard left.removeValue(forKey: key) != nil else { continue }
      found.append("\(word) \(Self.name(key)): reported, but there is none")
    }
  }

  private mutating func compareSuspects() {
    expect("suspectFrames", truth.suspectFrames.count, report.suspectFrames.count)
    let meantKeys = Self.epochKeys(truth)
    let saidKeys = Self.epochKeys(report)
    for (a, b) in zip(truth.suspectFrames, report.suspectFrames) {
      let name = "suspect in frame \(a.frame.frame)"
      expect("\(name): place", Self.text(a.frame), Self.text(b.frame))
      expect("\(name): number", a.number, b.number)
      if meantKeys[a.association] != saidKeys[b.association] {
        found.append("\(name): of another association or epoch")
      }
    }
  }

  // MARK: - Flows

  private mutating func compareFlows() {
    expect("flows", truth.flows.count, report.flows.count)
    let said = Dictionary(
      report.flows.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    var left = Set(said.keys)
    for a in truth.flows {
      let name = "flow \(Self.name(a.key))"
      guard let b = said[a.key] else {
        found.append("\(name): not reported; meant \(a.packets) packets")
        continue
      }
      left.remove(a.key)
      expect("\(name) packets", a.packets, b.packets)
      expect("\(name) octets", a.octets, b.octets)
      expect("\(name) firstTime", Self.text(a.firstTime), Self.text(b.firstTime))
      expect("\(name) lastTime", Self.text(a.lastTime), Self.text(b.lastTime))
      expect("\(name) first frame", a.firstFrame.frame, b.firstFrame.frame)
    }
    for flow in report.flows where left.contains(flow.key) {
      found.append("flow \(Self.name(flow.key)): reported, but there is none")
    }
  }
}

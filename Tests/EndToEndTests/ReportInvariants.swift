import PacketAnalysis

extension AnalysisReport {
  /// What holds for every report of whole captures; a sentence for each thing that does not.
  func violations() -> [String] {
    var violations: [String] = []
    func check(_ isRight: Bool, _ text: @autoclosure () -> String) {
      if !isRight { violations.append(text()) }
    }
    check(classSum == totals.packets, "the classes are \(classSum) of \(totals.packets) packets")
    let captured = captures.reduce(0) { $0 + $1.packets }
    check(captured == totals.packets, "\(captured) captured, \(totals.packets) analyzed")
    // Of which headers are inside others.
    let headers = associations.reduce(0) { $0 + $1.packets }
    let classes = totals.macsec + totals.esp + totals.ah + totals.nested
    check(headers == classes, "\(headers) headers in associations, \(classes) in frames")
    let suspects = associations.reduce(0) { $0 + $1.suspects }
    check(
      UInt64(suspectFrames.count) == min(suspects, UInt64(Self.suspectFrameLimit)),
      "\(suspectFrames.count) frames of \(suspects) suspects")
    check(Set(associations.map(\.id)).count == associations.count, "two associations of one id")

    let gapsByID = Dictionary(grouping: gaps, by: \.association)
    let skipsByID = Dictionary(grouping: skips, by: \.association)
    let bucketsByID = Dictionary(grouping: buckets, by: \.association)
    let ids = Set(associations.map(\.id))
    check(
      ids.isSuperset(of: gapsByID.keys) && ids.isSuperset(of: skipsByID.keys)
        && ids.isSuperset(of: suspectFrames.map(\.association)), "a gap of no association")
    for association in associations {
      for violation in association.counts.violations(
        gaps: gapsByID[association.id] ?? [], skips: skipsByID[association.id] ?? [])
      {
        violations.append("\(association.key) epoch \(association.epoch): \(violation)")
      }
      if bucketNanoseconds != nil {
        let sums = BucketSums(bucketsByID[association.id] ?? [])
        check(sums == BucketSums(association), "\(association.key): buckets \(sums)")
      }
    }
    return violations
  }

  private var classSum: UInt64 {
    totals.macsec + totals.esp + totals.ah + totals.mka + totals.eapol + totals.ike + totals.plain
      + totals.fragments + totals.other + totals.malformed + totals.truncated
  }
}

extension AssociationCounts {
  fileprivate func violations(gaps: [SequenceGap], skips: [SequenceGap]) -> [String] {
    var violations: [String] = []
    func check(_ isRight: Bool, _ text: @autoclosure () -> String) {
      if !isRight { violations.append(text()) }
    }
    check(
      packets == distinct + duplicates + suspects,
      "\(packets) packets, \(distinct) + \(duplicates) + \(suspects)")
    check(reordered <= distinct, "\(reordered) of \(distinct) reordered")
    check(lostBlind <= lostOfRange, "\(lostBlind) of \(lostOfRange) lost blind")
    check(UInt64(gaps.count) == self.gaps, "\(gaps.count) gaps of \(self.gaps)")
    let missing = gaps.reduce(0) { $0 + $1.missing }
    check(missing == lostOfRange, "gaps of \(missing), \(lostOfRange) lost")
    let passedOver = skips.reduce(0) { $0 + $1.missing }
    check(passedOver == skipped, "skips of \(passedOver), \(skipped) skipped")
    for (before, after) in zip(gaps, gaps.dropFirst()) {
      check(before.lastMissing + 1 < after.firstMissing, "gaps that touch at \(after.firstMissing)")
    }
    for gap in gaps + skips {
      check(
        lowestNumber.map { $0 < gap.firstMissing } == true
          && highestNumber.map { gap.lastMissing < $0 } == true,
        "a gap from \(gap.firstMissing) outside")
      check(gap.before.frame > 0 && gap.after.frame > 0, "a gap without frames")
    }
    return violations
  }

  /// Without the trap where it would be negative.
  private var lostOfRange: UInt64 { expected >= distinct ? expected - distinct : .max }
}

/// What the buckets of an association add up to, and the association itself has.
private struct BucketSums: Equatable {
  var packets: UInt64 = 0
  var octets: UInt64 = 0
  var lost: UInt64 = 0
  var skipped: UInt64 = 0
  var duplicates: UInt64 = 0
  var reordered: UInt64 = 0
  var suspects: UInt64 = 0

  init(_ association: AssociationSummary) {
    (packets, octets) = (association.packets, association.octets)
    (lost, skipped) = (association.lost, association.skipped)
    (duplicates, reordered) = (association.duplicates, association.reordered)
    suspects = association.suspects
  }

  init(_ buckets: [TimeBucket]) {
    for bucket in buckets {
      packets += bucket.packets
      octets += bucket.octets
      lost += bucket.lost
      skipped += bucket.skipped
      duplicates += bucket.duplicates
      reordered += bucket.reordered
      suspects += bucket.suspects
    }
  }
}

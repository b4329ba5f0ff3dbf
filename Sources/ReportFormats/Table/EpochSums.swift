import PacketAnalysis

/// What was counted of one epoch or of many.
protocol EpochSums {
  var packets: UInt64 { get }
  var expected: UInt64 { get }
  var lost: UInt64 { get }
  var skipped: UInt64 { get }
  var duplicates: UInt64 { get }
  var reordered: UInt64 { get }
  var suspects: UInt64 { get }
  var gaps: UInt64 { get }
  var badTags: UInt64 { get }
}

extension AssociationCounts: EpochSums {}
extension AssociationSums: EpochSums {}

/// The sections of a part, by the number that stands before each.
///
/// Numbers from `firstOptional` on are free for what a reader may do without: columns with the time
/// of each frame or digests of its ICV.
enum TranscriptSection: UInt64, CaseIterable {
  case options = 1
  case identity
  case name
  case origin
  case totals
  case flows
  case findings
  case associations
  case shapes
  /// The columns of the runs: `RunColumns.Column`.
  case runs

  static let firstOptional: UInt64 = 128

  /// What the identity does not depend on: where the file lies.
  var isOfContent: Bool { self != .name && self != .identity }
}

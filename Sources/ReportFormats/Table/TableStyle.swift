/// How the report for people looks.
public struct TableStyle: Sendable, Equatable {
  /// Columns of the terminal or page. Narrower ones than `narrowest` are not laid out for.
  public var width: Int
  /// With the colours of ECMA-48 (ANSI), for a terminal.
  public var color: Bool
  /// How many of the largest gaps are listed; `nil`: no list.
  public var gapLimit: Int?
  /// Every association has its row, those of a single packet too, and every finding.
  public var showAll: Bool
  /// A picture of the losses over time, where the analysis made buckets.
  public var showBuckets: Bool
  /// The order of the associations; `.first` leaves the report's.
  public var sort: SortKey
  /// How many associations have a row, where not all do.
  public var rowLimit = 50
  /// How many rows there are at most where healthy ones fill them up.
  public var healthyRowLimit = 24

  public static let narrowest = 60

  public init(
    width: Int = 80, color: Bool = false, gapLimit: Int? = nil, showAll: Bool = false,
    showBuckets: Bool = false, sort: SortKey = .lost
  ) {
    self.width = max(width, Self.narrowest)
    self.color = color
    self.gapLimit = gapLimit
    self.showAll = showAll
    self.showBuckets = showBuckets
    self.sort = sort
  }
}

/// Some rows of a list, in the order that was asked for.
public struct Page<Row: Sendable>: Sendable {
  public var run: Int64
  public var rows: [Row]
  /// Where the next page begins; `nil`: there are no more.
  public var next: PageCursor?
  /// How many rows the whole list has, where that was asked for.
  public var total: Int?
}

/// Which page is asked for.
public struct PageRequest: Sendable {
  public static let limits = 1...1_000
  /// At most so many rows; within `limits`.
  public var limit: Int
  /// Behind which row; `nil`: from the first on.
  public var after: PageCursor?
  /// Whether the rows of the whole list are counted.
  public var countsAll: Bool

  public init(limit: Int = 100, after: PageCursor? = nil, countsAll: Bool = false) {
    self.limit = min(max(limit, Self.limits.lowerBound), Self.limits.upperBound)
    (self.after, self.countsAll) = (after, countsAll)
  }
}

/// By which column a list is sorted.
public struct ListOrder<Column: RawRepresentable & Sendable>: Sendable
where Column.RawValue == String {
  public var column: Column
  public var isDescending: Bool

  public init(_ column: Column, isDescending: Bool = false) {
    (self.column, self.isDescending) = (column, isDescending)
  }

  /// As it is asked for: `lost`, and `-lost` for the largest first.
  public var text: String { (isDescending ? "-" : "") + column.rawValue }
}

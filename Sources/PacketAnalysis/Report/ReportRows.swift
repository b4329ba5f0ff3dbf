/// The rows of one kind of a report: a collection like an array, whose rows are either there or made
/// from what the analysis keeps each time they are looked at.
///
/// An analysis of many associations ends without a row for each of them in memory: a table of the
/// worst needs few, and what is written row by row needs one at a time. Whoever changes rows, or
/// looks at them again and again, gets an array: `Array(rows)`, or in place by the first change.
public struct ReportRows<Row: Sendable & Equatable>: Sendable {
  private enum Storage: Sendable {
    case made([Row])
    case kept(
      count: Int, row: @Sendable (Int) -> Row,
      counts: (@Sendable ((AssociationCounts, UInt16) -> Void) -> Void)?)
  }

  private var storage: Storage

  public init(_ rows: some Sequence<Row>) { storage = .made(Array(rows)) }

  /// - Parameter row: makes the row at an index; the same for the same index.
  init(count: Int, row: @escaping @Sendable (Int) -> Row) {
    storage = .kept(count: count, row: row, counts: nil)
  }

  /// Makes all rows now, for who looks at them several times.
  public mutating func make() { storage = .made(rows) }

  /// Looks at each row without making a copy of it.
  public func forEach(_ body: (Row) throws -> Void) rethrows {
    switch storage {
    case .made(let rows): for row in rows { try body(row) }
    case .kept(let count, let row, _): for index in 0..<count { try body(row(index)) }
    }
  }

  /// The rows as an array, which can be changed.
  private var rows: [Row] {
    get {
      switch storage {
      case .made(let rows): rows
      case .kept(let count, let row, _): (0..<count).map(row)
      }
    }
    _modify {
      var rows = self.rows
      storage = .made([])
      defer { storage = .made(rows) }
      yield &rows
    }
  }
}

extension ReportRows where Row == AssociationSummary {
  /// - Parameter forEachCounts: looks at `counts` and `key.point` of each row, with less work than
  ///   the row takes.
  init(
    count: Int, forEachCounts: @escaping @Sendable ((AssociationCounts, UInt16) -> Void) -> Void,
    row: @escaping @Sendable (Int) -> Row
  ) {
    storage = .kept(count: count, row: row, counts: forEachCounts)
  }

  /// Looks at what was counted of each row, and at its point.
  public func forEachCounts(_ body: (AssociationCounts, _ point: UInt16) -> Void) {
    if case .kept(_, _, let forEachCounts?) = storage {
      forEachCounts(body)
    } else {
      forEach { body($0.counts, $0.key.point) }
    }
  }
}

extension ReportRows: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
  public init() { self.init([]) }

  // Those of the standard library ask the runtime for types at each step where a caller in another module
  // is not specialized.
  public struct Iterator: IteratorProtocol {
    private let rows: ReportRows
    private let count: Int
    private var position = 0

    fileprivate init(_ rows: ReportRows) { (self.rows, count) = (rows, rows.endIndex) }

    public mutating func next() -> Row? {
      guard position < count else { return nil }
      defer { position += 1 }
      return rows[position]
    }
  }

  public func makeIterator() -> Iterator { Iterator(self) }
  public func index(after index: Int) -> Int { index + 1 }
  public func index(before index: Int) -> Int { index - 1 }

  public var startIndex: Int { 0 }
  public var endIndex: Int {
    switch storage {
    case .made(let rows): rows.count
    case .kept(let count, _, _): count
    }
  }

  public subscript(position: Int) -> Row {
    get {
      switch storage {
      case .made(let rows): return rows[position]
      case .kept(let count, let row, _):
        precondition(position >= 0 && position < count, "no such row")
        return row(position)
      }
    }
    _modify { yield &rows[position] }
  }

  public mutating func withContiguousMutableStorageIfAvailable<Result>(
    _ body: (inout UnsafeMutableBufferPointer<Row>) throws -> Result
  ) rethrows -> Result? {
    try rows.withContiguousMutableStorageIfAvailable(body)
  }

  public mutating func replaceSubrange(
    _ range: Range<Int>, with newRows: some Collection<Row>
  ) {
    rows.replaceSubrange(range, with: newRows)
  }
}

extension ReportRows: Equatable, ExpressibleByArrayLiteral {
  public init(arrayLiteral rows: Row...) { self.init(rows) }

  public static func == (a: ReportRows, b: ReportRows) -> Bool { a.elementsEqual(b) }
}

internal import Foundation
internal import GRDB

/// A list in SQL, of which pages are read: filters first, then the order, then the page.
///
/// A page begins behind a row, never at a count of rows: where it begins is found by an index as
/// quickly for the last page as for the first.
struct ListQuery {
  /// What the order is called in a cursor.
  var name: String
  /// `FROM` with its joins.
  var source: String
  var columns: String
  var filter: Filter
  /// Columns that tell rows with equal values apart; ascending or descending as the order is.
  var key: [String]
  var order: SortParts
  var isDescending: Bool

  /// The page, whose rows carry `sort_value`; `key` turns the key of the cursor into the columns'.
  func page<Element: Sendable>(
    _ request: PageRequest, run: Int64, in db: Database,
    key external: (Row) throws -> [Int64], internal: ([Int64]) throws -> [Int64]?,
    element: (Row) throws -> Element
  ) throws -> Page<Element> {
    let start = try start(request, run: run, internal: `internal`)
    var elements: [Element] = []
    var next: PageCursor?
    let indices = order.parts.indices
    for index in isDescending ? indices.reversed() : Array(indices) {
      if let start, isDescending ? index > start.part : index < start.part { continue }
      let statement = statement(
        part: index, after: start.flatMap { $0.part == index ? ($0.value, $0.key) : nil },
        limit: request.limit - elements.count + 1)
      let rows = try Row.fetchCursor(db, sql: statement.sql, arguments: statement.arguments)
      var last: PageCursor?
      while let row = try rows.next() {
        if elements.count == request.limit {
          next = last
          break
        }
        elements.append(try element(row))
        last = PageCursor(
          run: run, list: name, part: index, value: Self.value(row["sort_value"]),
          key: try external(row))
      }
      if next != nil { break }
      if elements.count == request.limit, let last {
        // Full, and whether another part has rows is not known yet.
        next = try hasRows(behind: index, in: db) ? last : nil
        break
      }
    }
    let total = request.countsAll ? try count(in: db) : nil
    return Page(run: run, rows: elements, next: next, total: total)
  }

  /// The statement of one part of the order.
  func statement(
    part index: Int, after: (value: PageCursor.Value, key: [Int64])?, limit: Int
  ) -> (sql: String, arguments: StatementArguments) {
    let part = order.parts[index]
    var filter = filter
    if let condition = part.condition { filter.add(condition) }
    let direction = isDescending ? " DESC" : ""
    let columns = (part.isConstant ? [] : [part.expression]) + key
    if let after {
      let values =
        (part.isConstant ? [] : [after.value.databaseValue]) + after.key.map(\.databaseValue)
      let marks = values.map { _ in "?" }.joined(separator: ", ")
      filter.add(
        "(\(columns.joined(separator: ", "))) \(isDescending ? "<" : ">") (\(marks))",
        StatementArguments(values))
    }
    let order = columns.map { $0 + direction }.joined(separator: ", ")
    return (
      """
      SELECT \(self.columns), \(part.expression) AS sort_value \(source)
      WHERE \(filter.sql) ORDER BY \(order) LIMIT \(limit)
      """, filter.arguments
    )
  }

  private func start(
    _ request: PageRequest, run: Int64, internal: ([Int64]) throws -> [Int64]?
  ) throws -> (part: Int, value: PageCursor.Value, key: [Int64])? {
    guard let cursor = request.after else { return nil }
    guard cursor.run == run, cursor.list == name, order.parts.indices.contains(cursor.part),
      let key = try `internal`(cursor.key), key.count == self.key.count
    else { throw UselessCursor() }
    return (cursor.part, cursor.value, key)
  }

  private func hasRows(behind part: Int, in db: Database) throws -> Bool {
    let rest = isDescending ? Array(order.parts[..<part]) : Array(order.parts[(part + 1)...])
    return try rest.contains { part in
      var filter = filter
      if let condition = part.condition { filter.add(condition) }
      let sql = "SELECT 1 \(source) WHERE \(filter.sql) LIMIT 1"
      return try Int.fetchOne(db, sql: sql, arguments: filter.arguments) != nil
    }
  }

  private func count(in db: Database) throws -> Int {
    let sql = "SELECT count(*) \(source) WHERE \(filter.sql)"
    return try Int.fetchOne(db, sql: sql, arguments: filter.arguments) ?? 0
  }

  private static func value(_ value: DatabaseValue) -> PageCursor.Value {
    switch value.storage {
    case .int64(let value): .integer(value)
    case .double(let value): .real(value)
    case .string(let text): .text(text)
    case .blob(let data): .octets(Array(data))
    case .null: .integer(0)
    }
  }
}

/// An order in parts, ascending, each of which an index may give: rows without a value come before
/// those that have one, and an index of the rows that lost something has no others.
struct SortParts {
  struct Part {
    /// Which rows belong to it; `nil`: all.
    var condition: String?
    /// Never NULL within the part.
    var expression: String
    /// All of its rows have the same value.
    var isConstant = false
  }
  var parts: [Part]

  /// A column that is never NULL.
  static func column(_ expression: String) -> SortParts {
    SortParts(parts: [Part(expression: expression)])
  }

  /// A column that may be NULL.
  static func optional(_ expression: String) -> SortParts {
    SortParts(parts: [
      Part(condition: "\(expression) IS NULL", expression: "0", isConstant: true),
      Part(condition: "\(expression) IS NOT NULL", expression: expression),
    ])
  }
}

/// Conditions that all hold, and the values in them.
struct Filter {
  private(set) var sql: String
  private(set) var arguments: StatementArguments

  init(_ condition: String, _ arguments: StatementArguments = []) {
    (sql, self.arguments) = (condition, arguments)
  }

  mutating func add(_ condition: String, _ arguments: StatementArguments = []) {
    sql += " AND (\(condition))"
    self.arguments += arguments
  }
}

/// The cursor is that of another list, or its row is gone.
struct UselessCursor: Error {}

extension PageCursor.Value {
  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .integer(let value): value.databaseValue
    case .real(let value): value.databaseValue
    case .octets(let octets): Data(octets).databaseValue
    case .text(let text): text.databaseValue
    }
  }
}

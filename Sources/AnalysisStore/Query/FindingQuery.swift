internal import GRDB
public import PacketAnalysis

/// A run of numbers that the sender passed over; `range.firstMissing` is its first.
public struct SkipRow: Sendable, Equatable {
  public var range: SequenceGap
  public var beforeFile: String
  public var afterFile: String
}

/// A frame whose number fits nothing.
public struct SuspectRow: Sendable, Equatable {
  public var suspect: SuspectFrame
  public var file: String
}

extension AnalysisReader {
  /// What the channel of an association has: its epochs, and for MACsec all its Association Numbers,
  /// in the order of their first frames. `nil` where the run does not have the association.
  public func epochs(
    ofAssociation id: UInt64, page request: PageRequest, run choice: RunChoice
  ) async throws(StoreError) -> Page<AssociationRow>? {
    try await read(choice) { db, run in
      let channel = try Int64.fetchOne(
        db, sql: "SELECT channel FROM association WHERE run = ? AND id = ?",
        arguments: [run, Int64(bitPattern: id)])
      return try channel.map {
        try AssociationList(db: db, run: run).epochs(ofChannel: $0, of: id, request)
      }
    }
  }

  /// What the sender of an association passed over, by number; `nil` where the run does not have it.
  public func skips(
    ofAssociation id: UInt64, page request: PageRequest, run choice: RunChoice
  ) async throws(StoreError) -> Page<SkipRow>? {
    try await read(choice) { db, run in
      try FindingList(db: db, run: run).skips(of: id, request)
    }
  }

  /// The suspects of an association that are among the first of the run; `nil` where the run does not
  /// have it.
  public func suspects(
    ofAssociation id: UInt64, page request: PageRequest, run choice: RunChoice
  ) async throws(StoreError) -> Page<SuspectRow>? {
    try await read(choice) { db, run in
      try FindingList(db: db, run: run).suspects(of: id, request)
    }
  }
}

/// Reads what was found of one association, within one transaction.
struct FindingList {
  let db: Database
  let run: Int64

  func skips(of id: UInt64, _ request: PageRequest) throws -> Page<SkipRow>? {
    try list(of: id, "skip", key: "first_skipped", request) { row, files in
      let numbers = try row.numbers("first_skipped", "last_skipped")
      return SkipRow(
        range: SequenceGap(
          association: id, firstMissing: numbers.first, lastMissing: numbers.last,
          before: row.frame("before_file", "before_frame", "before_time"),
          after: row.frame("after_file", "after_frame", "after_time")),
        beforeFile: files[row["before_file"]] ?? "", afterFile: files[row["after_file"]] ?? "")
    }
  }

  func suspects(of id: UInt64, _ request: PageRequest) throws -> Page<SuspectRow>? {
    try list(of: id, "suspect", key: "position", request) { row, files in
      SuspectRow(
        suspect: SuspectFrame(
          association: id, number: row.integer("number"),
          frame: row.frame("file", "frame", "time")),
        file: files[row["file"]] ?? "")
    }
  }

  private func list<Element: Sendable>(
    of id: UInt64, _ table: String, key: String, _ request: PageRequest,
    element: (Row, [Int64: String]) throws -> Element
  ) throws -> Page<Element>? {
    let position = try AssociationList(db: db, run: run).position(of: id)
    guard let position else { return nil }
    let files = try RunList(db: db, run: run).files()
    let query = ListQuery(
      name: "\(table)s-\(String(id, radix: 16))", source: "FROM \(table) AS t", columns: "t.*",
      filter: Filter("t.run = ? AND t.association = ?", [run, position]), key: ["t.\(key)"],
      order: .column("t.\(key)"), isDescending: false)
    return try query.page(
      request, run: run, in: db, key: { [$0[key]] }, internal: { $0 },
      element: { try element($0, files) })
  }
}

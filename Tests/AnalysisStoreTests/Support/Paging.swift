@testable import AnalysisStore

/// All rows of a list, page by page.
func allRows<Row>(
  limit: Int, _ page: (PageRequest) async throws -> Page<Row>
) async throws -> [Row] {
  var rows: [Row] = []
  var request = PageRequest(limit: limit)
  while true {
    let page = try await page(request)
    rows += page.rows
    guard let next = page.next else { return rows }
    // As it goes to a client and comes back.
    request.after = PageCursor(parsing: next.text)
    guard request.after == next, page.rows.count == limit else { throw BadPage() }
  }
}

struct BadPage: Error {}

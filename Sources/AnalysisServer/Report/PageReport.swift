public import AnalysisStore

/// The page and what it shows of one run in one file, which needs no server and loads nothing: it can
/// be mailed and printed. The same run and options give the same octets.
///
/// Its length is bounded: it has the 1,000 worst associations, the rest in sum, and of those with
/// pictures the 200 largest gaps.
public struct PageReport: Sendable {
  /// How many associations can have pictures.
  public static let pictureLimits = 0...100

  /// The document, in UTF-8.
  public let html: [UInt8]
  public let run: Int64
  /// Of the run.
  public let associations: Int

  /// Reads one state of the database, whatever is written meanwhile.
  ///
  /// - Parameter pictures: how many associations, the worst ones, can be opened; within
  ///   `pictureLimits`.
  public init(database path: String, run: RunChoice, pictures: Int = 20) throws(StoreError) {
    self = try waiting { () async throws(StoreError) in
      try await PageReport(
        reader: AnalysisReader(path: path, timeLimit: .seconds(300), isFixed: true), run: run,
        pictures: pictures)
    }
  }

  init(reader: AnalysisReader, run choice: RunChoice, pictures: Int) async throws(StoreError) {
    let overview = try await reader.overview(worst: 5, run: choice)
    run = overview.run.run
    let page = try await reader.associations(
      AssociationFilter(), sortedBy: ListOrder(.lost, isDescending: true),
      page: PageRequest(limit: RecordedAnswers.Limit.associations, countsAll: true),
      run: .number(run))
    associations = page.total ?? page.rows.count
    var answers = RecordedAnswers()
    try await answers.add(overview, from: reader)
    answers.add(page, of: overview)
    let limits = Self.pictureLimits
    for row in page.rows.prefix(min(max(pictures, limits.lowerBound), limits.upperBound)) {
      try await answers.add(row, ofRun: run, from: reader)
    }
    html = PageBundle().document(
      answers: answers.json(), summary: StaticSummary(overview, worst: page.rows).html)
  }
}

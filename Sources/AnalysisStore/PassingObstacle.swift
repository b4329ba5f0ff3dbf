internal import Foundation
internal import GRDB

/// What keeps a database from being opened for a moment, while another process opens or closes it.
enum PassingObstacle {
  /// To make the journal a write-ahead log, SQLite needs the database for itself, and does not wait for it.
  /// And GRDB asks how long the log is once it has seen that there is one, which goes with the last who
  /// closes the database.
  static func `is`(_ error: any Error) -> Bool {
    if let error = error as? DatabaseError { return error.resultCode == .SQLITE_BUSY }
    let error = error as NSError
    return error.domain == NSCocoaErrorDomain
      && error.code == CocoaError.Code.fileReadNoSuchFile.rawValue
  }
}

import Glibc
internal import GRDB

/// Why a report could not be stored or read: the file, the problem, and what to do about it.
///
/// The codes behind it: <https://www.sqlite.org/rescode.html>.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Problem: Equatable, Sendable {
    case diskFull
    /// The system lets the process write no longer files.
    case fileTooLong
    /// The file, its directory or the file system cannot be written.
    case readOnly
    /// Nothing can be written beside it, and a part of it may be in its log.
    case unreadableHere
    case directoryMissing
    case isDirectory
    /// A device, a FIFO or a socket.
    case noRegularFile
    /// A symbolic link that leads to itself, or one of too many.
    case linkLoop
    /// The file may not be opened.
    case permissionDenied
    /// The file is there and is no SQLite database.
    case notADatabase
    /// An SQLite database of another program.
    case foreignDatabase
    case damaged
    /// Written by a later version, whose schema this one does not know.
    case newerSchema
    /// Another process kept it locked for longer than we wait.
    case locked
    /// The system lets the process start no thread, without which no connection can be closed.
    case noThread
    /// The file was removed or renamed since it was opened, or another has its name.
    case removed
    /// Another process stores the same run, or removed it, while this one was storing it.
    case storedMeanwhile
    case noSuchRun(Int64)
    /// There is no file.
    case missing
    /// No run is complete yet.
    case noRun
    /// Written by an earlier version, and whoever only reads cannot bring it up to date.
    case olderSchema
    /// The row behind which a page begins is gone, or the cursor is that of another list.
    case uselessCursor
    /// The step of a series is less than this, or no multiple of the width of the rows.
    case uselessStep(leastNanoseconds: Int64, widthNanoseconds: Int64)
    /// An answer took longer than the reader waits.
    case tooSlow
    /// A row broke a constraint of the schema: an error in the analysis.
    case rejected(String)
    /// A row names an association that the report does not have: an error in the analysis.
    case unknownAssociation(UInt64)
    case sqlite(code: Int32, message: String)
  }

  public var path: String
  public var problem: Problem

  public init(path: String, problem: Problem) {
    (self.path, self.problem) = (path, problem)
  }

  /// What is wrong, and after a semicolon what to do.
  public var description: String {
    switch problem {
    case .diskFull: "\(path): the disk is full; free some space or name another file"
    case .fileTooLong:
      "\(path): the limit on the length of files is reached; raise it (ulimit -f)"
    case .readOnly: "\(path): cannot be written; check its permissions and those of its directory"
    case .unreadableHere:
      """
      \(path): cannot be read where nothing can be written beside it; copy it, with the \
      file -wal beside it if there is one, to a directory that can be written
      """
    case .directoryMissing: "\(path): its directory does not exist; create it first"
    case .isDirectory: "\(path): is a directory; name a file in it"
    case .noRegularFile:
      "\(path): no file; name the database of an analysis or a capture"
    case .linkLoop: "\(path): a link that leads in a circle; name the file that was meant"
    case .permissionDenied: "\(path): permission denied; check who may read and write it"
    case .notADatabase: "\(path): not an SQLite database; name another file"
    case .foreignDatabase: "\(path): the database of another program; name another file"
    case .damaged: "\(path): the database is damaged; restore it or name another file"
    case .newerSchema: "\(path): written by a later version of Gapscope; use that version"
    case .locked: "\(path): locked by another process; try again when it has finished"
    case .noThread:
      "\(path): no thread can be started; raise the limit of processes or of memory (ulimit -u, -v)"
    case .removed:
      "\(path): was removed, or is another file now; put it back where it was, or begin anew"
    case .storedMeanwhile:
      "\(path): another process stored or removed the same run meanwhile; look at what it holds now"
    case .noSuchRun(let run):
      "\(path): has no complete run \(run); ask without a number for the latest"
    case .missing: "\(path): does not exist; name the database of an analysis or a capture"
    case .noRun: "\(path): has no complete run yet; store one with --database"
    case .olderSchema:
      "\(path): written by an earlier version of Gapscope; store a run in it with this one"
    case .uselessCursor:
      "\(path): a page cannot begin there, as its row is gone or the list is another; begin again"
    case .uselessStep(let least, let width):
      "\(path): the step must be a multiple of \(width) ns and at least \(least) ns; ask for another"
    case .tooSlow: "\(path): the answer took too long; ask for less"
    case .rejected(let message):
      "\(path): the report broke a rule of the schema (\(message)); please report this error"
    case .unknownAssociation(let id):
      "\(path): a row of the report names the unknown association \(id); please report this error"
    case .sqlite(let code, let message): "\(path): SQLite error \(code): \(message)"
    }
  }
}

extension StoreError {
  /// The border: within the store SQLite's errors travel as they are, outside they are ours.
  static func catching<Value>(path: String, _ body: () throws -> Value) throws(StoreError) -> Value
  {
    do {
      return try body()
    } catch {
      throw StoreError(error, path: path)
    }
  }

  init(_ error: any Error, path: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as DatabaseError: self.init(path: path, problem: Problem(error, path: path))
    case let error as UnknownAssociation:
      self.init(path: path, problem: .unknownAssociation(error.id))
    case is DanglingReference: self.init(path: path, problem: .damaged)
    case is TooSlow: self.init(path: path, problem: .tooSlow)
    case is UselessCursor: self.init(path: path, problem: .uselessCursor)
    case let error as UselessStep:
      self.init(
        path: path,
        problem: .uselessStep(
          leastNanoseconds: error.leastNanoseconds, widthNanoseconds: error.widthNanoseconds))
    default: self.init(path: path, problem: .sqlite(code: 1, message: "\(error)"))
    }
  }
}

extension StoreError.Problem {
  init(_ error: DatabaseError, path: String) {
    switch error.resultCode {
    case .SQLITE_FULL: self = .diskFull
    case .SQLITE_IOERR: self = Self.whyNotWritten(path, error) ?? Self.other(error)
    case .SQLITE_READONLY: self = .readOnly
    case .SQLITE_NOTADB: self = .notADatabase
    case .SQLITE_CORRUPT: self = .damaged
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
    case .SQLITE_PERM, .SQLITE_AUTH: self = .permissionDenied
    case .SQLITE_CANTOPEN: self = Self.whyNotOpened(path)
    case .SQLITE_CONSTRAINT:
      switch error.extendedResultCode {
      // Another process was quicker to add the run.
      case .SQLITE_CONSTRAINT_UNIQUE where error.message?.contains("run.fingerprint") == true:
        self = .storedMeanwhile
      default: self = .rejected(error.message ?? "constraint")
      }
    default: self = Self.other(error)
    }
  }

  private static func other(_ error: DatabaseError) -> Self {
    .sqlite(code: error.extendedResultCode.rawValue, message: error.message ?? "unknown")
  }

  /// SQLite says "disk I/O error" for more than it should.
  private static func whyNotWritten(_ path: String, _ error: DatabaseError) -> Self? {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    var space = statvfs()
    if statvfs(directory, &space) == 0, space.f_bavail == 0 { return .diskFull }
    // SQLite adds a page to a file, or 32 KiB to the one that it shares with other processes.
    let mostAdded: UInt = 1 << 16
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { return nil }
    // What was written of a schema is taken back before anybody could look how long it was.
    if error.extendedResultCode == .SQLITE_IOERR_WRITE, limit.rlim_cur < 1 << 20 {
      return .fileTooLong
    }
    let isReached = [path, path + "-wal", path + "-shm"].contains { name in
      var status = stat()
      return stat(name, &status) == 0
        && limit.rlim_cur < UInt(max(0, status.st_size)) + mostAdded
    }
    return isReached ? .fileTooLong : nil
  }

  /// SQLite says only "unable to open database file"; the file system knows more.
  private static func whyNotOpened(_ path: String) -> Self {
    var status = stat()
    if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { return .isDirectory }
      return access(path, R_OK) == 0 ? .readOnly : .permissionDenied
    }
    if errno == ELOOP { return .linkLoop }
    let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "."
    guard stat(String(directory), &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return .directoryMissing
    }
    return .readOnly
  }
}

/// A row names an association that is not in the report.
struct UnknownAssociation: Error {
  var id: UInt64
}

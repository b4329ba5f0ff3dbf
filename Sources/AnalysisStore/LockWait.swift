import Glibc
internal import Synchronization

/// How long whoever stores waits for another process that holds the lock of the database.
final class LockWait: Sendable {
  /// Asked before each pause: whether to wait no longer.
  private let givesUp: @Sendable () -> Bool
  private let cut = Atomic<Bool>(false)

  init(givesUp: @escaping @Sendable () -> Bool) { self.givesUp = givesUp }

  /// Whether nothing is waited for at all.
  var isCut: Bool {
    get { cut.load(ordering: .relaxed) }
    set { cut.store(newValue, ordering: .relaxed) }
  }

  /// Makes a pause before the next try; returns no where there is to be none.
  ///
  /// - Parameter tries: those before, of the same lock.
  func goesOn(tries: Int) -> Bool {
    guard tries < Self.mostTries, !isCut, !givesUp() else { return false }
    usleep(Self.pauseMicroseconds)
    return true
  }

  static let longestSeconds = 10.0
  private static let pauseMicroseconds: UInt32 = 10_000
  private static let mostTries = Int(longestSeconds * 1e6) / Int(pauseMicroseconds)
}

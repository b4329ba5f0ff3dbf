internal import Synchronization

/// Makes states of a screen in a thread of its own, so that a capture never waits for it.
public final class LiveScreenMaker: Sendable {
  private let screen = Mutex(LiveScreen())
  private let isBusy = Atomic<Bool>(false)
  private let states = Atomic<Int>(0)

  public init() {}

  /// Whether a state is being made; another is not taken before.
  public var isMaking: Bool { isBusy.load(ordering: .acquiring) }

  /// How many were made.
  public var stateCount: Int { states.load(ordering: .acquiring) }

  public func show(_ state: @escaping @Sendable () -> LiveScreen.State) {
    guard !isBusy.exchange(true, ordering: .acquiringAndReleasing) else { return }
    Task.detached {
      // Made without the screen, which can be drawn meanwhile.
      var next = self.screen.withLock { $0 }
      next.show(state())
      self.screen.withLock { [next] in $0 = next }
      self.states.add(1, ordering: .releasing)
      self.isBusy.store(false, ordering: .releasing)
    }
  }

  public func lines(width: Int, height: Int, sort: LiveSort, message: String?) -> [String] {
    screen.withLock { $0 }.lines(width: width, height: height, sort: sort, message: message)
  }
}

internal import Dispatch
internal import Synchronization

/// Runs asynchronous work to its end from a thread that has nothing else to do.
func waiting<Value: Sendable, Failure: Error>(
  _ work: @escaping @Sendable () async throws(Failure) -> Value
) throws(Failure) -> Value {
  let end = DispatchSemaphore(value: 0)
  let outcome = Outcome<Value, Failure>()
  Task.detached {
    let result: Result<Value, Failure>
    do throws(Failure) { result = .success(try await work()) } catch { result = .failure(error) }
    outcome.result.withLock { $0 = result }
    end.signal()
  }
  while true {
    end.wait()
    if let result = outcome.result.withLock({ $0 }) { return try result.get() }
  }
}

private final class Outcome<Value: Sendable, Failure: Error>: Sendable {
  let result = Mutex<Result<Value, Failure>?>(nil)
}

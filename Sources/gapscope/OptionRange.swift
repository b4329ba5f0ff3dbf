import ArgumentParser

/// Refuses a value that an option does not take.
///
/// - Parameter option: as it is written.
func require<Value: Comparable>(
  _ value: Value, _ option: String, within limits: ClosedRange<Value>
) throws(ValidationError) {
  guard limits.contains(value) else {
    throw ValidationError(
      "\(option) \(value) is not from \(limits.lowerBound) to \(limits.upperBound).")
  }
}

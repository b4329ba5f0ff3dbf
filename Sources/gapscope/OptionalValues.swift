/// Options whose value may be left out.
///
/// The argument parser takes whatever follows `--gaps` for its value, the name of a capture too.
/// Only a number is one.
enum OptionalValues {
  /// What stands for the value where it was left out.
  private static let usual = ["--gaps": GapLimit.usualName, "--loop": LoopCount.foreverName]

  static func spelledOut(_ arguments: [String]) -> [String] {
    var result: [String] = []
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { return result + arguments[index...] }
      let isFollowedByNumber = index + 1 < arguments.count && Int(arguments[index + 1]) != nil
      if let usual = usual[argument], !isFollowedByNumber {
        result.append("\(argument)=\(usual)")
      } else {
        result.append(argument)
      }
    }
    return result
  }
}

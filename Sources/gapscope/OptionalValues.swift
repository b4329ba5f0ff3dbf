/// Options whose value may be left out, and values that look like options.
///
/// The argument parser takes whatever follows `--gaps` for its value, the name of a capture too.
/// Only a number is one. And it does not take `-1s` for a value; so that whoever reads the value can
/// say what is wrong with it, it is put behind `=`.
enum OptionalValues {
  /// What stands for the value where it was left out.
  private static let usual = ["--gaps": GapLimit.usualName, "--loop": LoopCount.foreverName]

  static func spelledOut(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      if argument == "--" { return result + arguments[index...] }
      index += 1
      let next = index < arguments.count ? arguments[index] : nil
      if let next, isNegative(next), argument.hasPrefix("--"), !argument.contains("=") {
        result.append("\(argument)=\(next)")
        index += 1
      } else if let usual = usual[argument] {
        guard let next, isNumber(next) else {
          result.append("\(argument)=\(usual)")
          continue
        }
        result.append("\(argument)=\(next)")
        index += 1
      } else {
        result.append(argument)
      }
    }
    return result
  }

  /// A number of any form: one that is refused too, as `1e3`. A file of such a name is written `./1e3`.
  private static func isNumber(_ text: String) -> Bool {
    text.first?.isNumber == true && Double(text) != nil
  }

  private static func isNegative(_ text: String) -> Bool {
    text.hasPrefix("-") && text.dropFirst().first?.isNumber == true
  }
}

import Glibc

/// The names of the files of one recording, as dumpcap has them: `link.pcapng` becomes
/// `link_00001_20261127150000.pcapng`, with the time at which the file began.
///
/// Files of an earlier recording with the same name belong to it: the numbers go on after theirs, and
/// they are among those of which the oldest go.
struct RecordingSeries {
  /// With its last slash; empty for the current one.
  private let directory: String
  private let stem: String
  /// With its dot; empty for none.
  private let suffix: String
  /// Those that are there, the oldest first.
  private var members: [(number: Int, name: String)]
  private let fileCount: Int?

  init(path: String, fileCount: Int?) {
    let slash = path.lastIndex(of: "/")
    directory = slash.map { String(path[...$0]) } ?? ""
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 }
    let (stem, suffix) = (
      String(name[..<(dot ?? name.endIndex)]), String(name[(dot ?? name.endIndex)...])
    )
    (self.stem, self.suffix, self.fileCount) = (stem, suffix, fileCount)
    members = Self.names(in: directory).compactMap { name in
      Self.number(of: name, stem: stem, suffix: suffix).map { ($0, name) }
    }.sorted { $0.number < $1.number }
  }

  /// The path of the next file, and those of the files that go for it.
  mutating func next(at time: Int) -> (path: String, surplus: [String]) {
    let number = (members.last?.number ?? 0) + 1
    let name = "\(stem)_\(Self.padded(number, to: 5))_\(Self.text(of: time))\(suffix)"
    members.append((number, name))
    let surplus = fileCount.map { members.prefix(max(members.count - $0, 0)) } ?? []
    members.removeFirst(surplus.count)
    return (directory + name, surplus.map { directory + $0.name })
  }

  /// Of the numbers that captures come to; others are not ours.
  private static let digits = 5...12

  /// Of a name of this series.
  static func number(of name: String, stem: String, suffix: String) -> Int? {
    guard name.hasPrefix(stem + "_"), name.hasSuffix(suffix) else { return nil }
    let parts = name.dropFirst(stem.count + 1).dropLast(suffix.count)
      .split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 2, digits.contains(parts[0].count), parts[1].count == 14,
      parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } })
    else { return nil }
    return Int(parts[0])
  }

  private static func padded(_ number: Int, to width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }

  /// The local time, as `YYYYMMDDhhmmss`.
  private static func text(of time: Int) -> String {
    var (seconds, parts) = (time_t(time), tm())
    localtime_r(&seconds, &parts)
    let fields = [parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec]
    return padded(Int(parts.tm_year) + 1900, to: 4)
      + fields.map { padded(Int($0), to: 2) }.joined()
  }

  private static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory.isEmpty ? "." : directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}

import PacketAnalysis

/// The points of capture of a run, in the order in which they were met.
struct PointTable {
  static let defaultName = "default"

  private(set) var names: [String] = []
  private(set) var notes: [String] = []
  private var indices: [String: UInt16] = [:]

  /// Of a point that is added where it is not known yet.
  mutating func index(of name: String) -> UInt16 {
    if let index = indices[name] { return index }
    guard let index = UInt16(exactly: names.count) else {
      if notes.isEmpty {
        notes.append("more than \(names.count) points of capture: the others count as the last one")
      }
      return .max
    }
    names.append(name)
    indices[name] = index
    return index
  }

  /// The point of an interface of a file that was given as `argument`.
  static func name(of interface: CaptureInterface, argument: CaptureInputArgument) -> String {
    let index = interface.indexInSection
    guard let given = argument.point else {
      return interface.name ?? (index == 0 ? defaultName : "interface \(index)")
    }
    return index == 0 ? given : "\(given)/\(interface.name ?? "\(index)")"
  }
}

/// The clear VLAN tags in front of a SecTAG, from the outside in: the 12-bit VLAN identifiers.
///
/// Holds the outermost five tags in one word; deeper stacks do not occur and are cut there.
public struct VLANStack: Hashable, BitwiseCopyable, Sendable {
  /// The number of tags in the low four bits, then 12 bits for each, the outermost first.
  public private(set) var packed: UInt64 = 0

  public init() {}
  public init(packed: UInt64) { self.packed = packed }

  public static let capacity = 5
  public var count: Int { Int(packed & 0xF) }
  public var isEmpty: Bool { packed == 0 }

  /// Adds a tag inside the others; past `capacity` it is left out.
  public mutating func append(_ identifier: UInt16) {
    guard count < Self.capacity else { return }
    packed = (packed | UInt64(identifier & 0xFFF) << UInt64(4 + 12 * count)) + 1
  }

  public var identifiers: [UInt16] {
    (0..<count).map { UInt16(truncatingIfNeeded: packed >> UInt64(4 + 12 * $0)) & 0xFFF }
  }
}

/// At most four MAC addresses, kept in place: a report has two such lists for each association.
public struct MACAddressList: Hashable, Sendable, BitwiseCopyable {
  /// Each address in the low 48 bits; `none` behind the last.
  private var first = Self.none
  private var second = Self.none
  private var third = Self.none
  private var fourth = Self.none

  private static let none = UInt64.max
  public static let capacity = 4

  public init() {}

  /// The first four of `addresses`.
  public init(_ addresses: some Sequence<MACAddress>) {
    for address in addresses.prefix(Self.capacity) { append(address) }
  }

  /// Adds an address at the end; past `capacity` it is left out.
  public mutating func append(_ address: MACAddress) {
    switch count {
    case 0: first = address.rawValue
    case 1: second = address.rawValue
    case 2: third = address.rawValue
    case 3: fourth = address.rawValue
    default: break
    }
  }
}

extension MACAddressList: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int {
    if first == Self.none { return 0 }
    if second == Self.none { return 1 }
    return third == Self.none ? 2 : fourth == Self.none ? 3 : 4
  }

  public subscript(position: Int) -> MACAddress {
    switch position {
    case 0 where first != Self.none: MACAddress(rawValue: first)
    case 1 where second != Self.none: MACAddress(rawValue: second)
    case 2 where third != Self.none: MACAddress(rawValue: third)
    case 3 where fourth != Self.none: MACAddress(rawValue: fourth)
    default: preconditionFailure("no such address")
    }
  }
}

extension MACAddressList: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: MACAddress...) { self.init(elements) }
}

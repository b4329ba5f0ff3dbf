/// Where a capture goes, piece by piece.
public protocol OctetSink: ~Copyable {
  mutating func write(_ octets: ArraySlice<UInt8>) throws(GeneratorError)
}

/// Keeps the capture in memory, for tests and for short ones.
public struct MemorySink: OctetSink, Sendable {
  public private(set) var octets: [UInt8] = []
  public init() {}
  public mutating func write(_ octets: ArraySlice<UInt8>) { self.octets += octets }
}

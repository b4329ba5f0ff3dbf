/// Epochs that have no row in a report, since a limit was reached: what they add up to, by point and
/// protocol, as rows are added up.
public struct RowlessEpochs: Sendable, Equatable {
  /// Of one protocol at one point.
  public struct Share: Hashable, Sendable {
    /// Index of the point in the run.
    public var point: Int
    public var securityProtocol: ProtectionProtocol

    public init(point: Int, _ securityProtocol: ProtectionProtocol) {
      (self.point, self.securityProtocol) = (point, securityProtocol)
    }
  }

  public private(set) var count: UInt64 = 0
  public private(set) var shares: [Share: AssociationSums] = [:]

  public init() {}

  public init(count: UInt64, _ shares: [Share: AssociationSums]) {
    (self.count, self.shares) = (count, shares)
  }

  /// Of all points and protocols.
  public var sums: AssociationSums {
    shares.values.reduce(into: AssociationSums()) { $0.add($1) }
  }

  /// - Parameter gaps: of the epoch.
  mutating func add(_ epoch: EpochState, of key: CompactKey, gaps: UInt64) {
    count += 1
    shares[Share(point: Int(key.point), key.protectionProtocol), default: .init()]
      .add(epoch, gaps: gaps)
  }

  mutating func add(_ other: RowlessEpochs) {
    count += other.count
    shares.merge(other.shares) { known, more in
      var sums = known
      sums.add(more)
      return sums
    }
  }
}

extension AnalysisReport {
  /// Its epochs that have no row; `nil` where there are none, or nobody knows whether they are of the
  /// selection.
  public var rowless: RowlessEpochs? {
    guard !isSelection, let rowless = givenUp?.rowless, rowless.count > 0 else { return nil }
    return rowless
  }
}

/// What protects a frame.
public enum ProtectionProtocol: String, Sendable, CaseIterable {
  case macsec, esp, ah

  public init(_ identity: AssociationKey.Identity) {
    self =
      switch identity {
      case .macsec: .macsec
      case .ipsec(let ipsec): ipsec.securityProtocol == .esp ? .esp : .ah
      }
  }
}

extension CompactKey {
  fileprivate var protectionProtocol: ProtectionProtocol {
    switch kind {
    case .espIPv4, .espInContext: .esp
    case .ahIPv4, .ahInContext: .ah
    case .macsec, .macsecInContext, nil: .macsec
    }
  }
}

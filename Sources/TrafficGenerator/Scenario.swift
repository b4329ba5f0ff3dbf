/// Something that happens to the flows of a capture, as `--scenario` names it.
///
/// Each falls on a share of the flows, chosen by the seed, and at least on one that can carry it.
/// What an observer must then report is in `docs/generating-traffic.md`.
public struct Scenario: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// Each frame is lost with this probability.
    case loss(rate: Double)
    /// Losses in bursts: from good to bad with probability `p`, back with `r`; in the bad state a
    /// frame is lost with probability `bad`, in the good one with `good`.
    case gilbertElliott(p: Double, r: Double, bad: Double, good: Double)
    /// A frame is overtaken by `distance` later ones.
    case reorder(rate: Double, distance: ClosedRange<Int>)
    /// A copy arrives `distance` frames after the frame; 0: at once.
    case duplicate(rate: Double, distance: ClosedRange<Int>)
    /// A run of frames that had arrived comes once more while the traffic goes on.
    case replay(length: ClosedRange<Int>)
    /// The numbers cross 2^32 (XPN, ESN).
    case wrap
    /// MACsec: the next AN. IPsec: a new SPI.
    case rekey(times: ClosedRange<Int>)
    /// MACsec: another AN for a while, then the first one again under a new key.
    case `return`
    /// The sender begins at 1 again.
    case restart
    /// Frames with numbers that fit nothing.
    case forged(count: ClosedRange<Int>)
    /// As many numbers in a row are lost.
    case outage(size: ClosedRange<Int>)
    /// The sender passes over as many numbers, more than any link could have carried.
    case skip(size: ClosedRange<Int>)
    /// The capture's clock stands back by up to so many nanoseconds for a frame.
    case timeSteps(rate: Double, nanoseconds: Int)
  }

  public var kind: Kind
  /// Share of the flows; of no meaning for `timeSteps`.
  public var share: Double

  public init(_ kind: Kind, share: Double? = nil) {
    self.kind = kind
    self.share = share ?? kind.defaultShare
  }

  /// What a capture has unless it is asked for something else.
  public static let defaults = [
    Scenario(.loss(rate: 0.01)), Scenario(.reorder(rate: 0.005, distance: 1...20)),
    Scenario(.duplicate(rate: 0.001, distance: 0...4)),
  ]
}

extension Scenario.Kind {
  public var name: String {
    switch self {
    case .loss: "loss"
    case .gilbertElliott: "gilbert-elliott"
    case .reorder: "reorder"
    case .duplicate: "duplicate"
    case .replay: "replay"
    case .wrap: "wrap"
    case .rekey: "rekey"
    case .return: "return"
    case .restart: "restart"
    case .forged: "forged"
    case .outage: "outage"
    case .skip: "skip"
    case .timeSteps: "time-steps"
    }
  }

  /// Happens once or a few times to a flow, rather than to any frame of it.
  var isEvent: Bool {
    switch self {
    case .loss, .gilbertElliott, .reorder, .duplicate, .timeSteps: false
    default: true
    }
  }

  var defaultShare: Double { isEvent ? 0.5 : 1 }

  /// Frames that a flow must have for it.
  var neededFrames: Int {
    switch self {
    case .loss, .gilbertElliott, .reorder, .duplicate, .timeSteps: 1
    case .forged(let count): 100 + 3 * count.upperBound
    case .outage, .skip, .wrap: 120
    case .rekey: 140
    case .restart: 240
    case .return: 300
    case .replay(let length): 400 + length.lowerBound
    }
  }
}

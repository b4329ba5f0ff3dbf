import PacketAnalysis
import Testing

/// One protected frame of a channel, as far as the rules for numbers look at it.
struct Arrival: Equatable, Sendable {
  /// Association number; frames of other ANs tell when an AN was away.
  var an: UInt8 = 0
  /// As on the wire.
  var number: UInt32
  /// `nil` where the capture has no times.
  var timeNanoseconds: Int64?
  /// Counts from 1 within its file.
  var frame: UInt64
  /// Length on the wire.
  var octets: UInt32 = 64
}

/// What is to be known of one epoch of one AN.
struct EpochResult: Equatable, Sendable {
  /// A frame that a gap names.
  struct Edge: Equatable, Sendable {
    var frame: UInt64
    var timeNanoseconds: Int64?
  }
  struct Gap: Equatable, Sendable {
    var first: UInt64
    var last: UInt64
    var before: Edge
    var after: Edge
  }
  struct Suspect: Equatable, Sendable {
    var number: UInt32
    var frame: UInt64
  }
  struct InterArrival: Equatable, Sendable {
    var minimumNanoseconds: UInt64
    var meanNanoseconds: UInt64
    var maximumNanoseconds: UInt64
  }

  var an: UInt8
  var packets: UInt64 = 0
  var octets: UInt64 = 0
  var distinct: UInt64 = 0
  var duplicates: UInt64 = 0
  var reordered: UInt64 = 0
  var suspects: UInt64 = 0
  var skipped: UInt64 = 0
  var lost: UInt64 = 0
  /// The lowest has high half 0; `nil` where every frame was a suspect.
  var lowest: UInt64?
  var highest: UInt64?
  /// By number.
  var gaps: [Gap] = []
  var skips: [Gap] = []
  /// In order of arrival.
  var suspectFrames: [Suspect] = []
  /// The smallest and the largest time of its frames, suspects included.
  var firstTimeNanoseconds: Int64?
  var lastTimeNanoseconds: Int64?
  var interArrival: InterArrival?
}

/// What is to be known of one channel.
struct ChannelResult: Equatable, Sendable {
  /// By AN, and for each in order of first frame.
  var epochs: [EpochResult] = []
  /// Malformed frames with PN 0, of ANs that have any.
  var badTags: [UInt8: UInt64] = [:]
}

/// A program that follows the rules for numbers: every test of this folder runs against each.
struct RuleImplementation: Sendable, CustomTestStringConvertible {
  var name: String
  var judge:
    @Sendable (_ arrivals: [Arrival], _ isMACsec: Bool, _ options: TrackingOptions) -> ChannelResult
  var testDescription: String { name }

  static let all: [RuleImplementation] = [
    RuleImplementation(name: "model", judge: RuleModel.judge), tracker,
  ]
}

/// Arrivals written by hand: `Traffic().send(1...500).send(3_000_000_000).send(501...600)`.
struct Traffic {
  var arrivals: [Arrival] = []
  /// The time of the next frame; `nil`: frames without a time.
  var clockNanoseconds: Int64? = 1_000_000_000
  /// Between frames.
  var stepNanoseconds: Int64 = 1_000

  func send(_ numbers: some Sequence<UInt32>, an: UInt8 = 0) -> Traffic {
    var traffic = self
    for number in numbers {
      traffic.arrivals.append(
        Arrival(
          an: an, number: number, timeNanoseconds: traffic.clockNanoseconds,
          frame: UInt64(traffic.arrivals.count) + 1))
      traffic.clockNanoseconds = traffic.clockNanoseconds.map { $0 + stepNanoseconds }
    }
    return traffic
  }

  func send(_ numbers: UInt32..., an: UInt8 = 0) -> Traffic { send(numbers, an: an) }

  /// Puts the clock forward, or back.
  func wait(nanoseconds: Int64) -> Traffic {
    var traffic = self
    traffic.clockNanoseconds = clockNanoseconds.map { $0 + nanoseconds }
    return traffic
  }

  func at(nanoseconds: Int64?) -> Traffic {
    var traffic = self
    traffic.clockNanoseconds = nanoseconds
    return traffic
  }
}

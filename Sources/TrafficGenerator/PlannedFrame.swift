/// One frame of a flow, in the order in which the flow's frames are emitted.
///
/// Sixteen octets, since there is one for every frame of the capture.
struct PlannedFrame {
  /// The packet number, extended.
  var number: UInt64
  private var lifeAndVerdict: UInt32
  /// Where it went in the capture, from 1; 0 before it is emitted.
  var frame: UInt32 = 0

  init(number: UInt64, life: Int, isSuspect: Bool = false) {
    self.number = number
    lifeAndVerdict = UInt32(truncatingIfNeeded: life) << 1 | (isSuspect ? 1 : 0)
  }

  /// Index of the life of the association whose number this is.
  var life: Int { Int(lifeAndVerdict >> 1) }
  /// The number belongs to nothing: a forged frame.
  var isSuspect: Bool { lifeAndVerdict & 1 == 1 }
}

/// One life of an association between (re)keys: what the generator means to be one epoch.
struct Life {
  /// Index of the flow.
  var flow: Int
  /// Association Number (MACsec).
  var an: UInt8 = 0
  /// Security Parameters Index (ESP, AH).
  var spi: UInt32 = 0
  /// Counts the lives of the same association.
  var epoch = 0
  /// Makes the octets of its frames differ from those of any other life.
  var salt: UInt64

  // Of the frames emitted so far.
  var packets: UInt64 = 0
  var octets: UInt64 = 0
}

/// The number rules' limits (`docs/sequence-tracking.md`) and the margins kept from them, so that
/// every event can only be read in the way that was meant.
enum Margin {
  /// Within how many frames the observer decides what it holds: W, and some.
  static let decided = 1_024 + 100
  /// Numbers in a row, and in order, around an event and at the start of a life.
  static let quiet = 16
  /// S: a copy of a number up to this one, far below the highest, would look like a restart.
  static let start: UInt64 = 64
  /// Frames in a row that are lost at random at most; only an outage loses more. Half of W, so
  /// that the next number is always nearer to its own epoch than to the one before.
  static let longestLossRun = 256
  /// The same in the first frames after a restart, where a number that leaps by S or more would
  /// say that it was none.
  static let longestCalmLossRun = 16
  /// A life so long that its last numbers are far from the first ones of the next.
  static let longLife: UInt64 = 4_096
  /// How far late frames, copies and replays stay below the highest number where the numbers wrap:
  /// within H, beyond which the observer guesses no high half.
  static let wrapReach = 30_000
  /// Non-wrapping numbers stay away from 2^32, below which the observer expects a wrap.
  static let highestPlainNumber: UInt64 = 1 << 32 - 1 << 25
}

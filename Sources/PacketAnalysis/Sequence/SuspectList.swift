/// The first suspect frames of a run, by file and frame; memory is bounded.
struct SuspectList {
  struct Suspect {
    /// Ordinal of the epoch in the run.
    var epoch: UInt32
    var number: UInt32
    var place: FramePlace
    var time: Timestamp
  }

  private var frames: [Suspect] = []
  private var copies: [UInt32: [Suspect]] = [:]
  private(set) var copyCount = 0
  /// The most that there were at a time.
  private(set) var peakCopyCount = 0
  private let copyLimit: Int
  /// Copies that are not remembered, since there were too many.
  private(set) var unlistedCopies: UInt64 = 0
  /// Epochs that turned out to be none, and the epoch that got their frames.
  private var heirs: [UInt32: UInt32] = [:]

  init(copyLimit: Int) { self.copyLimit = copyLimit }

  mutating func add(epoch: UInt32, number: UInt32, place: FramePlace, time: Timestamp) {
    frames.append(Suspect(epoch: epoch, number: number, place: place, time: time))
    guard frames.count >= 4 * AnalysisReport.suspectFrameLimit else { return }
    frames = first
    // Epochs that none of them belongs to are of no interest, and may be many.
    for index in frames.indices { frames[index].epoch = owner(of: frames[index].epoch) }
    heirs = [:]
  }

  /// A copy of the only number of an epoch: a suspect if the number turns out to be one.
  mutating func addCopy(_ suspect: Suspect) {
    // No more of them will ever be listed.
    if let known = copies[suspect.epoch], known.count >= AnalysisReport.suspectFrameLimit { return }
    guard copyCount < copyLimit else { return unlistedCopies += 1 }
    copies[suspect.epoch, default: []].append(suspect)
    copyCount += 1
    peakCopyCount = max(peakCopyCount, copyCount)
  }

  /// The epoch has got a second number.
  mutating func forgetCopies(of epoch: UInt32) { _ = takeCopies(of: epoch) }

  private mutating func takeCopies(of epoch: UInt32) -> [Suspect] {
    let taken = copies.removeValue(forKey: epoch) ?? []
    copyCount -= taken.count
    return taken
  }

  /// The only number of the epoch turned out to be a suspect, and so its copies.
  mutating func addCopies(of epoch: UInt32) {
    for copy in takeCopies(of: epoch) {
      add(epoch: copy.epoch, number: copy.number, place: copy.place, time: copy.time)
    }
  }

  /// The copies of the only number of an epoch.
  func copies(of epoch: UInt32) -> [Suspect] { copies[epoch] ?? [] }

  mutating func inherit(epoch: UInt32, by heir: UInt32) { heirs[epoch] = heir }

  /// The epoch that the frames of `epoch` belong to.
  func owner(of epoch: UInt32) -> UInt32 {
    var owner = epoch
    while let heir = heirs[owner] { owner = heir }
    return owner
  }

  var first: [Suspect] {
    Array(
      frames.sorted { $0.place.precedes($1.place) }.prefix(AnalysisReport.suspectFrameLimit))
  }
}

/// MACsec frames with PN 0 where it is illegal (rule 8): no frames of their association.
struct ZeroNumbers {
  /// Of them, those that were the outermost protected header of their frame.
  private(set) var outermost: UInt64 = 0
  private(set) var nested: UInt64 = 0
  private(set) var first: (place: FramePlace, time: Timestamp)?

  mutating func add(_ frame: TrackedFrame) {
    if frame.isNested { nested += 1 } else { outermost += 1 }
    if first.map({ frame.place.precedes($0.place) }) ?? true { first = (frame.place, frame.time) }
  }
}

/// The MAC addresses of an association beyond the first: the lowest four of each kind.
struct AddressSets {
  private(set) var sources: [MACAddress] = []
  private(set) var destinations: [MACAddress] = []

  static let limit = 4
  /// Stands for "no address" in a record.
  static let none = UInt64.max

  mutating func add(source: MACAddress) { Self.insert(source, &sources) }
  mutating func add(destination: MACAddress) { Self.insert(destination, &destinations) }

  private static func insert(_ address: MACAddress, _ addresses: inout [MACAddress]) {
    guard !addresses.contains(address) else { return }
    addresses.append(address)
    addresses.sort()
    if addresses.count > limit { addresses.removeLast() }
  }
}

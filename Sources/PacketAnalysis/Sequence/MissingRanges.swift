/// One maximal run of missing numbers of an epoch.
struct MissingRange: BitwiseCopyable {
  var first: UInt64
  var last: UInt64
  /// First arrivals of the numbers just below and just above.
  var beforePlace: FramePlace
  var beforeTime: Timestamp
  var afterPlace: FramePlace
  var afterTime: Timestamp
  /// When the loss was revealed: the time bucket that it belongs to.
  var revealedTime: Timestamp
  /// The sender passed over these numbers (rule 9).
  var isSkipped = false
}

/// Where the trees of a pool are that another one adopted.
struct AdoptedRanges {
  fileprivate let offset: UInt32

  /// - Parameter root: as it was in that pool.
  func callAsFunction(_ root: MissingRangePool.Root) -> MissingRangePool.Root {
    root == 0 ? 0 : root + offset
  }
}

/// The missing ranges of all epochs: a treap (a search tree kept in balance by pseudo-random
/// priorities) for each epoch, in one pool of nodes.
///
/// A late packet finds its gap, however old, in logarithmic time, and the newest gaps, which are the
/// ones that heal, are found as fast as any. The priority of a node is a hash of its index.
struct MissingRangePool: ~Copyable {
  /// The root of one epoch's ranges; 0 is the empty tree.
  typealias Root = UInt32

  struct Node: BitwiseCopyable {
    var range: MissingRange
    var left: UInt32 = 0
    var right: UInt32 = 0

    /// Part of no tree, but of the list of those that are free.
    var isReleased: Bool { range.first > range.last }
  }

  private(set) var nodes: RecordArray<Node>
  private var free: UInt32 = 0
  /// Ranges of all epochs.
  private(set) var count = 0
  private let seed: UInt32

  /// - Parameter seed: random, since whoever knows it can choose numbers that unbalance the tree.
  ///   The shape of the tree changes no result.
  init(seed: UInt32 = .random(in: .min ... .max)) {
    self.seed = seed
    nodes = RecordArray()
    let nowhere = FramePlace(file: 0, frame: 0)
    // Node 0 stands for "none" and is never part of a tree.
    _ = nodes.append(
      Node(
        range: MissingRange(
          first: 0, last: 0, beforePlace: nowhere, beforeTime: .absent, afterPlace: nowhere,
          afterTime: .absent, revealedTime: .absent)))
  }

  init(copying other: borrowing MissingRangePool) {
    (free, count, seed) = (other.free, other.count, other.seed)
    nodes = RecordArray(copying: other.nodes)
  }

  /// What is known of `number` in an epoch with these numbers; outside of them it is missing.
  func presence(of number: UInt64, within numbers: NumberRange, _ root: Root) -> NumberPresence {
    guard numbers.distinct > 0, number >= numbers.lowest, number <= numbers.highest else {
      return .missing
    }
    let index = find(number, in: root)
    guard index != 0 else { return .arrived }
    return nodes[Int(index)].range.isSkipped ? .skipped : .missing
  }

  /// Whether all of `numbers` are missing, and none was skipped.
  func isGap(_ numbers: ClosedRange<UInt64>, in root: Root) -> Bool {
    let index = find(numbers.lowerBound, in: root)
    return index != 0 && !nodes[Int(index)].range.isSkipped
      && nodes[Int(index)].range.last >= numbers.upperBound
  }

  private func find(_ number: UInt64, in root: Root) -> UInt32 {
    var index = root
    while index != 0 {
      let range = nodes[Int(index)].range
      if number < range.first {
        index = nodes[Int(index)].left
      } else if number > range.last {
        index = nodes[Int(index)].right
      } else {
        return index
      }
    }
    return 0
  }

  /// Adds a range that overlaps none of the tree.
  ///
  /// - Parameter isHighest: it lies above all ranges of the tree, as a new gap nearly always does:
  ///   then nothing has to be split.
  mutating func insert(_ range: MissingRange, isHighest: Bool = false, into root: inout Root) {
    let added = allocate(range)
    let rank = priority(added)
    // Walk down to where the new node outranks what hangs there, and split that in two.
    var parent: UInt32 = 0
    var isLeft = false
    var index = root
    while index != 0, priority(index) >= rank {
      parent = index
      isLeft = !isHighest && range.first < nodes[Int(index)].range.first
      index = isLeft ? nodes[Int(index)].left : nodes[Int(index)].right
    }
    let (lower, upper) = isHighest ? (index, 0) : split(index, at: range.first)
    nodes[Int(added)].left = lower
    nodes[Int(added)].right = upper
    link(added, below: parent, isLeft: isLeft, root: &root)
  }

  /// Takes out the ranges that reach up to `number` or beyond it, and returns them, lowest first.
  mutating func removeLast(reaching number: UInt64, from root: inout Root) -> [MissingRange] {
    var removed: [MissingRange] = []
    while root != 0 {
      var index = root
      while nodes[Int(index)].right != 0 { index = nodes[Int(index)].right }
      let range = nodes[Int(index)].range
      guard range.last >= number else { break }
      remove(index, from: &root)
      removed.append(range)
    }
    return removed.reversed()
  }

  /// Takes `number` out of the range that it was missing from, and returns that range as it was;
  /// `nil` when the number was not missing. `place` and `time` are its arrival's.
  mutating func heal(_ number: UInt64, place: FramePlace, time: Timestamp, in root: inout Root)
    -> (range: MissingRange, remaining: Int)?
  {
    let index = find(number, in: root)
    guard index != 0 else { return nil }
    let range = nodes[Int(index)].range
    if range.first == range.last {
      remove(index, from: &root)
      return (range, 0)
    }
    if number == range.first {
      nodes[Int(index)].range.first += 1
      nodes[Int(index)].range.beforePlace = place
      nodes[Int(index)].range.beforeTime = time
      return (range, 1)
    }
    nodes[Int(index)].range.last = number - 1
    nodes[Int(index)].range.afterPlace = place
    nodes[Int(index)].range.afterTime = time
    guard number < range.last else { return (range, 1) }
    var upper = range
    upper.first = number + 1
    upper.beforePlace = place
    upper.beforeTime = time
    insert(upper, into: &root)
    return (range, 2)
  }

  /// Takes all of `numbers` out of the ranges that they are missing from, with the arrival of the
  /// last of them. The number below them must have arrived: so a range begins with one of them.
  mutating func heal(
    _ numbers: ClosedRange<UInt64>, place: FramePlace, time: Timestamp, in root: inout Root
  ) -> (count: UInt64, skipped: UInt64, removedRanges: UInt32) {
    var (count, skipped, removedRanges): (UInt64, UInt64, UInt32) = (0, 0, 0)
    while case let index = lowest(from: numbers.lowerBound, in: root), index != 0 {
      let range = nodes[Int(index)].range
      guard range.first <= numbers.upperBound else { break }
      let last = min(range.last, numbers.upperBound)
      count += last - range.first + 1
      if range.isSkipped { skipped += last - range.first + 1 }
      guard last == range.last else {
        nodes[Int(index)].range.first = last + 1
        nodes[Int(index)].range.beforePlace = place
        nodes[Int(index)].range.beforeTime = time
        break
      }
      remove(index, from: &root)
      removedRanges += 1
    }
    return (count, skipped, removedRanges)
  }

  /// The lowest range that does not lie below `number`; 0: there is none.
  private func lowest(from number: UInt64, in root: Root) -> UInt32 {
    var (index, found) = (root, UInt32(0))
    while index != 0 {
      if nodes[Int(index)].range.last < number {
        index = nodes[Int(index)].right
      } else {
        (found, index) = (index, nodes[Int(index)].left)
      }
    }
    return found
  }

  /// The ranges from the lowest to the highest, and the index of the node of each.
  func forEach(in root: Root, _ body: (borrowing MissingRange, UInt32) -> Void) {
    // Now its nodes are in the cache.
    forEachByLevel(in: root) { _ in }
    visit(root, body)
  }

  /// The depth of the recursion is that of the tree: logarithmic.
  private func visit(_ root: Root, _ body: (borrowing MissingRange, UInt32) -> Void) {
    guard root != 0 else { return }
    let node = nodes.pointer(at: Int(root))
    visit(node.pointee.left, body)
    body(node.pointee.range, root)
    visit(node.pointee.right, body)
  }

  /// The ranges of a tree from its root to its leaves: so many nodes are on their way at a time, where
  /// in the order of their numbers each would have to be waited for.
  @inline(__always)
  func forEachByLevel(in root: Root, _ body: (borrowing MissingRange) -> Void) {
    guard root != 0 else { return }
    let node = nodes.pointer(at: Int(root))
    guard node.pointee.left != 0 || node.pointee.right != 0 else { return body(node.pointee.range) }
    var found = [root]
    func find(_ child: Root) {
      guard child != 0 else { return }
      nodes.prefetch(Int(child))
      found.append(child)
    }
    var next = 0
    while next < found.count {
      let node = nodes.pointer(at: Int(found[next]))
      find(node.pointee.left)
      find(node.pointee.right)
      body(node.pointee.range)
      next += 1
    }
  }

  /// The ranges of all epochs, in no order.
  @inline(__always)
  func forEach(_ body: (_ range: borrowing MissingRange) -> Void) {
    for index in 1..<max(nodes.count, 1) where !nodes[index].isReleased {
      body(nodes[index].range)
    }
  }

  /// Takes out the lowest ranges, so many; the tree has no fewer. Returns what they were.
  mutating func removeLowest(_ count: Int, from root: inout Root) -> ForgottenRanges {
    var removed = ForgottenRanges()
    for _ in 0..<count {
      var (index, parent): (UInt32, UInt32) = (root, 0)
      while nodes[Int(index)].left != 0 { (parent, index) = (index, nodes[Int(index)].left) }
      removed.add(nodes[Int(index)].range)
      link(nodes[Int(index)].right, below: parent, isLeft: true, root: &root)
      release(index)
    }
    return removed
  }

  /// The most ranges that there were at one time, or more where others were adopted.
  var peak: Int { nodes.count - 1 }

  // MARK: Ranges of a later part of a file

  /// Takes over all ranges of `other`, before which their file has `frames` others.
  ///
  /// Its trees keep their shape, which is as random as any, whatever the priorities of their nodes are
  /// here.
  mutating func adopt(_ other: borrowing MissingRangePool, framesBefore frames: UInt64)
    -> AdoptedRanges
  {
    let adopted = AdoptedRanges(offset: UInt32(nodes.count - 1))
    for index in 1..<max(other.nodes.count, 1) {
      var node = other.nodes[index]
      if node.isReleased {
        node.right = free
        free = UInt32(nodes.append(node))
      } else {
        (node.left, node.right) = (adopted(node.left), adopted(node.right))
        node.range.beforePlace = node.range.beforePlace.moved(by: frames)
        node.range.afterPlace = node.range.afterPlace.moved(by: frames)
        _ = nodes.append(node)
      }
    }
    count += other.count
    return adopted
  }

  /// Lets the numbers of all ranges of the tree be greater by `shift`.
  mutating func shift(_ root: Root, by shift: UInt64) {
    guard root != 0, shift != 0 else { return }
    nodes[Int(root)].range.first &+= shift
    nodes[Int(root)].range.last &+= shift
    self.shift(nodes[Int(root)].left, by: shift)
    self.shift(nodes[Int(root)].right, by: shift)
  }

  /// Adds all ranges of a tree, which lie above those of `root`.
  mutating func append(_ higher: Root, to root: inout Root) { root = merge(root, higher) }

  /// Takes out all ranges of a tree.
  mutating func removeAll(from root: Root) {
    guard root != 0 else { return }
    let node = nodes[Int(root)]
    removeAll(from: node.left)
    removeAll(from: node.right)
    release(root)
  }

  // MARK: Nodes

  /// Asks for the first node of a tree that will soon be needed.
  func prefetch(_ root: Root) { nodes.prefetch(Int(root)) }

  private mutating func allocate(_ range: MissingRange) -> UInt32 {
    count += 1
    guard free != 0 else { return UInt32(nodes.append(Node(range: range))) }
    let index = free
    free = nodes[Int(index)].right
    nodes[Int(index)] = Node(range: range)
    return index
  }

  private mutating func remove(_ index: UInt32, from root: inout Root) {
    var parent: UInt32 = 0
    var isLeft = false
    var walk = root
    let number = nodes[Int(index)].range.first
    while walk != index {
      parent = walk
      isLeft = number < nodes[Int(walk)].range.first
      walk = isLeft ? nodes[Int(walk)].left : nodes[Int(walk)].right
    }
    let merged = merge(nodes[Int(index)].left, nodes[Int(index)].right)
    link(merged, below: parent, isLeft: isLeft, root: &root)
    release(index)
  }

  private mutating func release(_ index: UInt32) {
    // No range is like this.
    (nodes[Int(index)].range.first, nodes[Int(index)].range.last) = (1, 0)
    nodes[Int(index)].right = free
    free = index
    count -= 1
  }

  private mutating func link(
    _ child: UInt32, below parent: UInt32, isLeft: Bool, root: inout Root
  ) {
    if parent == 0 {
      root = child
    } else if isLeft {
      nodes[Int(parent)].left = child
    } else {
      nodes[Int(parent)].right = child
    }
  }

  /// Two trees: what lies below `number`, and what lies above. The depth of the recursion is that
  /// of the tree: logarithmic.
  private mutating func split(_ root: UInt32, at number: UInt64) -> (lower: UInt32, upper: UInt32) {
    guard root != 0 else { return (0, 0) }
    if nodes[Int(root)].range.first < number {
      let (lower, upper) = split(nodes[Int(root)].right, at: number)
      nodes[Int(root)].right = lower
      return (root, upper)
    }
    let (lower, upper) = split(nodes[Int(root)].left, at: number)
    nodes[Int(root)].left = upper
    return (lower, root)
  }

  /// One tree of two, of which the first lies below the second.
  private mutating func merge(_ lower: UInt32, _ upper: UInt32) -> UInt32 {
    if lower == 0 { return upper }
    if upper == 0 { return lower }
    if priority(lower) >= priority(upper) {
      nodes[Int(lower)].right = merge(nodes[Int(lower)].right, upper)
      return lower
    }
    nodes[Int(upper)].left = merge(lower, nodes[Int(upper)].left)
    return upper
  }

  private func priority(_ index: UInt32) -> UInt32 { Self.hash(index, seed: seed) }

  static func hash(_ index: UInt32, seed: UInt32) -> UInt32 {
    var hash = (index ^ seed) &* 0x9E37_79B9
    hash ^= hash >> 15
    hash = (hash ^ seed) &* 0x85EB_CA6B
    return hash ^ hash >> 13
  }
}

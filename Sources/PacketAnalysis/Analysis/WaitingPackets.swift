/// Packets of the usual forms, decoded, that wait until the slots of their associations have come from
/// memory. They are observed together, in their order.
///
/// One of the few files with unsafe pointers: a packet is added for each frame, without the checks of
/// `Array`. It lies in one cache line.
struct WaitingPackets: ~Copyable {
  struct Packet: BitwiseCopyable {
    let key: CompactKey
    let shape: FrameShape
    let time: Timestamp
    let place: FramePlace
    /// Of the frame, which stays where it is as long as it waits.
    let frame: UnsafeRawPointer
    let number: UInt32
    let octets: UInt32
    let hash: UInt32
  }

  /// So many wait: so long it takes for a slot of a large table to arrive.
  static var capacity: Int { 32 }

  private let packets: UnsafeMutablePointer<Packet>
  private(set) var count = 0

  init() { packets = .allocate(capacity: Self.capacity) }

  deinit { packets.deallocate() }

  var isFull: Bool {
    @inline(__always) get { count == Self.capacity }
  }

  /// There must be room.
  @inline(__always)
  mutating func append(_ packet: Packet) {
    packets[count] = packet
    count &+= 1
  }

  subscript(_ index: Int) -> Packet {
    @inline(__always) get { packets[index] }
  }

  mutating func removeAll() { count = 0 }
}

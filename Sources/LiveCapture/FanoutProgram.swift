internal import CPacketRing
import PacketAnalysis

/// A program by which the kernel finds the ring of a frame: all frames of a secure channel, whatever
/// their AN, and all of an IPsec association fall on one.
///
/// Its result is a hash of the SCI (or, where the SecTAG has none, of the source address), or of the
/// SPI; VLAN tags have no part in it. AH, whose frames may have ESP inside, and what is not protected
/// go by their two IP addresses. All else goes to the first ring, and so does what is inside tunnels
/// (GRE, VXLAN, IP in IP, MPLS, PPPoE): a program without loops cannot follow it.
///
/// The kernel runs it where the link header is behind a received frame already, but not behind one
/// that is sent; so X counts from the frame's data on, and what is in the link header is found from
/// its other end.
struct FanoutProgram {
  private(set) var instructions: [sock_filter] = []
  /// Jumps whose place to go is not known yet.
  private var jumps: [Label: [Int]] = [:]

  private enum Label: Hashable {
    case tag(Int)
    case macsec, explicitSCI, ipv4, ipv6, extensionHeader(Int), fragment(Int), header(Int)
    case udp, encapsulation, esp, addresses, ipv6Addresses, hash, first
  }

  /// What the scratch memory holds.
  private enum Word: UInt32 {
    case first, kept, networkHeader, family, nextHeader
  }

  // `FrameDecoder` follows more; real stacks have fewer.
  private static let mostTags = 8
  private static let mostExtensionHeaders = 8

  init(_ linkType: LinkType, decoding: DecodingOptions) {
    if linkType == .ethernet {
      ethernet(decoding)
    } else {
      set(x: 0)
      load(.octet, 0)
      shiftRight(4)
      jump(if: 4, to: .ipv4)
      jump(if: 6, to: .ipv6)
      jump(to: .first)
    }
    ip(decoding)
    end()
  }

  // MARK: Headers

  private mutating func ethernet(_ decoding: DecodingOptions) {
    // 14 octets of a frame that is sent come before.
    set(x: 14)
    load(from: Self.packetType)
    jump(if: 4, to: .tag(0))
    set(x: 0)
    place(.tag(0))
    load(.half, from: Self.linkHeader + 12)
    for depth in 0..<Self.mostTags {
      for type in [0x88E5] + decoding.macsecEtherTypes { jump(if: UInt32(type), to: .macsec) }
      jump(if: 0x0800, to: .ipv4)
      jump(if: 0x86DD, to: .ipv6)
      for index in VLANTag.etherTypes.indices {
        jump(if: UInt32(VLANTag.etherTypes[index]), to: .tag(depth + 1))
      }
      jump(to: .first)
      place(.tag(depth + 1))
      load(.half, 2)
      advance(4)
    }
    jump(to: .first)

    place(.macsec)
    load(.octet, 0)
    jump(ifAnyOf: UInt32(TCI.sc.rawValue), to: .explicitSCI)
    load(.word, from: Self.linkHeader + 6)
    store(.first)
    load(.half, from: Self.linkHeader + 10)
    jump(to: .hash)
    place(.explicitSCI)
    load(.word, 6)
    store(.first)
    load(.word, 10)
    jump(to: .hash)
  }

  private mutating func ip(_ decoding: DecodingOptions) {
    place(.ipv4)
    storeX(.networkHeader)
    set(4)
    store(.family)
    // A later fragment has no further header.
    load(.half, 6)
    jump(ifAnyOf: 0x1FFF, to: .addresses)
    load(.octet, 9)
    store(.nextHeader)
    load(.octet, 0)
    and(0x0F)
    shiftLeft(2)
    addX()
    moveToX()
    load(.nextHeader)
    jump(if: 50, to: .esp)
    jump(if: 17, to: .udp)
    for tunnel: UInt32 in [4, 41, 47] { jump(if: tunnel, to: .first) }
    jump(to: .addresses)

    place(.ipv6)
    storeX(.networkHeader)
    set(6)
    store(.family)
    load(.octet, 6)
    advance(40)
    for index in 0..<Self.mostExtensionHeaders {
      store(.nextHeader)
      jump(if: 50, to: .esp)
      jump(if: 17, to: .udp)
      for tunnel: UInt32 in [4, 41, 47] { jump(if: tunnel, to: .first) }
      for type: UInt32 in [0, 43, 60, 135, 139, 140] { jump(if: type, to: .extensionHeader(index)) }
      jump(if: 44, to: .fragment(index))
      jump(to: .addresses)
      place(.fragment(index))
      load(.half, 2)
      jump(ifAnyOf: 0xFFF8, to: .addresses)
      load(.octet, 0)
      advance(8)
      jump(to: .header(index + 1))
      place(.extensionHeader(index))
      load(.octet, 0)
      store(.nextHeader)
      load(.octet, 1)
      add(1)
      shiftLeft(3)
      addX()
      moveToX()
      load(.nextHeader)
      place(.header(index + 1))
    }
    jump(to: .addresses)

    place(.udp)
    load(.half, 2)
    jump(if: 4789, to: .first)
    jump(if: 500, to: .addresses)
    for port in [4500] + decoding.espPorts { jump(if: UInt32(port), to: .encapsulation) }
    load(.half, 0)
    for port in [4500] + decoding.espPorts { jump(if: UInt32(port), to: .encapsulation) }
    jump(to: .addresses)
    place(.encapsulation)
    load(.word, 8)
    jump(to: .hash, first: 0)
    place(.esp)
    load(.word, 0)
    jump(to: .hash, first: 0)

    place(.addresses)
    loadX(.networkHeader)
    load(.family)
    jump(if: 6, to: .ipv6Addresses)
    load(.word, 12)
    store(.first)
    load(.word, 16)
    jump(to: .hash)
    place(.ipv6Addresses)
    set(0)
    store(.first)
    for offset in stride(from: UInt32(8), to: 40, by: 4) {
      loadX(.networkHeader)
      load(.word, offset)
      store(.kept)
      load(.first)
      multiply(0x9E37_79B1)
      loadX(.kept)
      xorX()
      store(.first)
    }
    set(0)
    jump(to: .hash)
  }

  /// Mixes both words well, since the kernel takes the remainder by the number of rings.
  private mutating func end() {
    place(.hash)
    moveToX()
    load(.first)
    multiply(0x9E37_79B1)
    xorX()
    for (shift, factor): (UInt32, UInt32) in [(16, 0x85EB_CA6B), (13, 0xC2B2_AE35)] {
      foldHigh(shift)
      multiply(factor)
    }
    foldHigh(16)
    emit(0x16)  // BPF_RET + BPF_A
    place(.first)
    emit(0x06, 0)  // BPF_RET + BPF_K
    precondition(jumps.isEmpty, "a label has no place")
  }

  private mutating func jump(to label: Label, first: UInt32) {
    store(.kept)
    set(first)
    store(.first)
    load(.kept)
    jump(to: label)
  }

  private mutating func foldHigh(_ shift: UInt32) {
    moveToX()
    shiftRight(shift)
    xorX()
  }

  // MARK: Instructions (linux/filter.h)

  private enum Size: UInt16 { case word = 0x00, half = 0x08, octet = 0x10 }

  /// SKF_LL_OFF
  private static let linkHeader = UInt32(bitPattern: -0x20_0000)
  /// SKF_AD_OFF + SKF_AD_PKTTYPE
  private static let packetType = UInt32(bitPattern: -0x1000 + 4)

  /// Of the frame, so far behind X. A frame that is too short goes to the first ring.
  private mutating func load(_ size: Size, _ offset: UInt32) { emit(0x40 | size.rawValue, offset) }
  private mutating func load(_ size: Size = .word, from address: UInt32) {
    emit(0x20 | size.rawValue, address)
  }
  private mutating func load(_ word: Word) { emit(0x60, word.rawValue) }
  private mutating func loadX(_ word: Word) { emit(0x61, word.rawValue) }
  private mutating func store(_ word: Word) { emit(0x02, word.rawValue) }
  private mutating func storeX(_ word: Word) { emit(0x03, word.rawValue) }
  private mutating func set(_ value: UInt32) { emit(0x00, value) }
  private mutating func set(x value: UInt32) { emit(0x01, value) }
  private mutating func add(_ value: UInt32) { emit(0x04, value) }
  private mutating func addX() { emit(0x0C) }
  private mutating func multiply(_ value: UInt32) { emit(0x24, value) }
  private mutating func and(_ value: UInt32) { emit(0x54, value) }
  private mutating func shiftLeft(_ count: UInt32) { emit(0x64, count) }
  private mutating func shiftRight(_ count: UInt32) { emit(0x74, count) }
  private mutating func xorX() { emit(0xAC) }
  private mutating func moveToX() { emit(0x07) }

  /// X moves on; A stays.
  private mutating func advance(_ count: UInt32) {
    store(.kept)
    emit(0x87)  // TXA
    add(count)
    moveToX()
    load(.kept)
  }

  // A conditional jump reaches 255 instructions: so it passes over one that reaches all.

  private mutating func jump(if value: UInt32, to label: Label) {
    emit(0x15, value, jumpIfFalse: 1)
    jump(to: label)
  }
  private mutating func jump(ifAnyOf bits: UInt32, to label: Label) {
    emit(0x45, bits, jumpIfFalse: 1)
    jump(to: label)
  }
  private mutating func jump(to label: Label) {
    jumps[label, default: []].append(instructions.count)
    emit(0x05)
  }

  private mutating func place(_ label: Label) {
    for jump in jumps.removeValue(forKey: label) ?? [] {
      instructions[jump].k = UInt32(instructions.count - jump - 1)
    }
  }

  private mutating func emit(_ code: UInt16, _ value: UInt32 = 0, jumpIfFalse: UInt8 = 0) {
    instructions.append(sock_filter(code: code, jt: 0, jf: jumpIfFalse, k: value))
  }
}

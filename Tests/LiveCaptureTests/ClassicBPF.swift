import CPacketRing

/// Runs classic BPF as the kernel does (Documentation/networking/filter.rst), slowly.
struct ClassicBPF {
  let program: [sock_filter]

  /// - Parameters:
  ///   - frame: from its link header on.
  ///   - data: where the frame's data begin for the kernel.
  /// - Returns: the result; 0 where the frame is too short.
  func run(_ frame: [UInt8], data: Int, packetType: UInt32) -> UInt32 {
    var (a, x, position) = (0 as UInt32, 0 as UInt32, 0)
    var memory = [UInt32](repeating: 0xDEAD_BEEF, count: 16)
    func load(_ offset: UInt32, _ code: UInt16) -> UInt32? {
      let size = [4, 2, 1][Int(code >> 3 & 3)]
      let signed = Int(Int32(bitPattern: offset))
      if signed == -0x1000 + 4 { return packetType }
      let start = signed >= 0 ? data + signed : signed + 0x20_0000
      guard start >= 0, start + size <= frame.count else { return nil }
      return frame[start..<start + size].reduce(0) { $0 << 8 | UInt32($1) }
    }
    while true {
      let (code, k) = (program[position].code, program[position].k)
      position += 1
      switch code {
      case 0x20, 0x28, 0x30:
        guard let value = load(k, code) else { return 0 }
        a = value
      case 0x40, 0x48, 0x50:
        guard let value = load(x &+ k, code) else { return 0 }
        a = value
      case 0x00: a = k
      case 0x01: x = k
      case 0x60: a = memory[Int(k)]
      case 0x61: x = memory[Int(k)]
      case 0x02: memory[Int(k)] = a
      case 0x03: memory[Int(k)] = x
      case 0x04: a &+= k
      case 0x0C: a &+= x
      case 0x24: a &*= k
      case 0x54: a &= k
      case 0x64: a <<= k
      case 0x74: a >>= k
      case 0xAC: a ^= x
      case 0x07: x = a
      case 0x87: a = x
      case 0x05: position += Int(k)
      case 0x15: position += Int(a == k ? program[position - 1].jt : program[position - 1].jf)
      case 0x45:
        position += Int(a & k != 0 ? program[position - 1].jt : program[position - 1].jf)
      case 0x16: return a
      case 0x06: return k
      default: preconditionFailure("instruction \(code)")
      }
    }
  }
}

/// How a column of runs is stored: short ones coded by how often each octet comes, long ones as they
/// are, so that whoever claims a length gets no more memory for it.
///
/// First the number of octets, unsigned, then the coded ones; or 0, then the octets as they are.
enum ColumnCoding {
  /// Longer columns are of much irregular traffic, which should be quick above all.
  static let longest = 1 << 16

  static func stored(_ column: [UInt8]) -> [UInt8] {
    var out = OctetWriter()
    if column.count <= longest {
      out.append(UInt64(column.count))
      out.append(BinaryEncoder.encode(column))
      if out.octets.count <= column.count { return out.octets }
    }
    return asItIs(column)
  }

  static func asItIs(_ column: [UInt8]) -> [UInt8] { [0] + column }

  /// The column that was stored as `octets`.
  static func column(_ octets: [UInt8]) throws(TranscriptDamage) -> [UInt8] {
    var reader = OctetReader(octets)
    let count = try reader.integer(within: 0...longest)
    if count == 0 { return reader.rest() }
    var decoder = try BinaryDecoder(reader)
    var column: [UInt8] = []
    var model = OctetModel()
    for _ in 0..<count {
      var node = 1
      for _ in 0..<8 { node = node << 1 | (try decoder.bit(&model[node]) ? 1 : 0) }
      let octet = UInt8(truncatingIfNeeded: node)
      column.append(octet)
      model.pass(octet)
    }
    guard decoder.isAtEnd else { throw .valueOutOfRange }
    return column
  }
}

/// How probable each bit of the next octet is, given the bits above it and how many octets of the
/// same LEB128 value stand before it (four or more count as three).
private struct OctetModel {
  /// Of 0, in 4,096ths.
  private var probabilities = [UInt32](repeating: 2_048, count: 4 << 8)
  private var place = 0

  /// `node`: 1, then the bits that are known, the highest first.
  subscript(node: Int) -> UInt32 {
    get { probabilities[place << 8 | node] }
    set { probabilities[place << 8 | node] = newValue }
  }

  mutating func pass(_ octet: UInt8) { place = octet < 0x80 ? 0 : min(place + 1, 3) }

  /// The probability after a bit was seen. It never reaches 0 or 1: from 15 and 4,081 on it stays.
  static func adapted(_ probability: UInt32, to bit: Bool) -> UInt32 {
    bit ? probability - probability >> 4 : probability + (4_096 - probability) >> 4
  }
}

/// An adaptive binary range coder, as in LZMA, but for the carry: that goes into the octets written.
private struct BinaryEncoder {
  private var octets: [UInt8] = []
  private var low: UInt32 = 0
  private var range: UInt32 = .max

  static func encode(_ column: [UInt8]) -> [UInt8] {
    var encoder = BinaryEncoder()
    var model = OctetModel()
    for octet in column {
      var node = 1
      for shift in (0..<8).reversed() {
        let bit = octet >> UInt8(shift) & 1 == 1
        encoder.append(bit, &model[node])
        node = node << 1 | (bit ? 1 : 0)
      }
      model.pass(octet)
    }
    return encoder.finish()
  }

  private mutating func append(_ bit: Bool, _ probability: inout UInt32) {
    let bound = (range >> 12) * probability
    if bit {
      let (sum, isOverflow) = low.addingReportingOverflow(bound)
      low = sum
      if isOverflow { carry() }
      range -= bound
    } else {
      range = bound
    }
    probability = OctetModel.adapted(probability, to: bit)
    while range < 1 << 24 {
      putOctet()
      range <<= 8
    }
  }

  private mutating func putOctet() {
    octets.append(UInt8(truncatingIfNeeded: low >> 24))
    low <<= 8
  }

  private mutating func carry() {
    var place = octets.count - 1
    while octets[place] == 0xFF {
      octets[place] = 0
      place -= 1
    }
    octets[place] += 1
  }

  private consuming func finish() -> [UInt8] {
    for _ in 0..<4 { putOctet() }
    return octets
  }
}

/// Reads what `BinaryEncoder` wrote, of octets that nobody vouches for.
private struct BinaryDecoder {
  private var reader: OctetReader
  private var range: UInt32 = .max
  /// How far what was written lies above the lowest that it could be.
  private var offset: UInt32 = 0

  init(_ reader: OctetReader) throws(TranscriptDamage) {
    self.reader = reader
    for _ in 0..<4 { try takeOctet() }
  }

  var isAtEnd: Bool { reader.isAtEnd }

  mutating func bit(_ probability: inout UInt32) throws(TranscriptDamage) -> Bool {
    let bound = (range >> 12) * probability
    let bit = offset >= bound
    if bit {
      offset -= bound
      range -= bound
    } else {
      range = bound
    }
    probability = OctetModel.adapted(probability, to: bit)
    while range < 1 << 24 {
      try takeOctet()
      range <<= 8
    }
    return bit
  }

  private mutating func takeOctet() throws(TranscriptDamage) {
    offset = offset << 8 | UInt32(try reader.octet())
  }
}

internal import Foundation
internal import GRDB
internal import PacketAnalysis

/// The report's values in the columns of a row.
///
/// The schema keeps the columns within the ranges that are read here; a file that was edited with
/// the constraints off gives the nearest value, never a trap.
extension Row {
  func integer<Value: FixedWidthInteger>(_ column: String) -> Value {
    Value(clamping: self[column] as Int64)
  }

  func optionalInteger<Value: FixedWidthInteger>(_ column: String) -> Value? {
    (self[column] as Int64?).map { Value(clamping: $0) }
  }

  func count(_ column: String) -> UInt64 { integer(column) }

  /// The numbers from the one column to the other. The schema keeps them in order, a file may not.
  func numbers(_ first: String, _ last: String) throws -> (first: UInt64, last: UInt64) {
    let (low, high): (Int64, Int64) = (self[first], self[last])
    guard 0 <= low, low <= high else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
    return (UInt64(low), UInt64(high))
  }

  func optionalCount(_ column: String) -> UInt64? {
    optionalInteger(column)
  }

  func time(_ column: String) -> Timestamp? {
    (self[column] as Int64?).map { Timestamp(nanosecondsSinceEpoch: $0) }
  }

  func frame(_ file: String, _ frame: String, _ time: String) -> FrameReference {
    FrameReference(file: integer(file), frame: count(frame), time: self.time(time))
  }

  /// The octets of a BLOB as an integer, and how many there are.
  func bigEndian(_ column: String) -> (value: UInt128, octets: Int) {
    let octets = (self[column] as Data?) ?? Data()
    return (octets.reduce(0) { $0 << 8 | UInt128($1) }, octets.count)
  }

  func macAddress(_ column: String) -> MACAddress? {
    let (value, octets) = bigEndian(column)
    return octets == 6 ? MACAddress(rawValue: UInt64(truncatingIfNeeded: value)) : nil
  }

  func ipAddress(_ column: String) -> IPAddress {
    let (value, octets) = bigEndian(column)
    return octets == 4
      ? IPAddress(ipv4: UInt32(truncatingIfNeeded: value)) : IPAddress(ipv6: value)
  }

  var vlans: VLANStack {
    var vlans = VLANStack()
    for column in ["vlan1", "vlan2", "vlan3", "vlan4", "vlan5"] {
      if let identifier: UInt16 = optionalInteger(column) { vlans.append(identifier) }
    }
    return vlans
  }
}

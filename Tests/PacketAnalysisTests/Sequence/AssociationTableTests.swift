import Testing

@testable import PacketAnalysis

@Suite("The table of associations")
struct AssociationTableTests {
  private func key(channel: UInt64, an: UInt8) -> CompactKey {
    CompactKey(kind: .macsec, an: an, point: 0, context: 0, first: channel)
  }

  @Test("each key has its slot, however often the table grew, and none has another's")
  func growing() {
    var table = AssociationTable()
    // Four of each channel hash alike: some buckets are full, and the last goes on in the first.
    for record in 0..<40_000 as Range<UInt32> {
      let key = key(channel: UInt64(record / 4), an: UInt8(record % 4))
      #expect(table.find(key) == nil)
      let slot = table.insert(key, record: record)
      slot.pointee.octets = UInt64(record) * 3
      guard record.nonzeroBitCount == 1 || record == 39_999 else { continue }
      for known in 0...record {
        let slot = table.find(self.key(channel: UInt64(known / 4), an: UInt8(known % 4)))
        #expect(slot?.pointee.record == known && slot?.pointee.octets == UInt64(known) * 3)
      }
    }
    #expect(table.count == 40_000)
    #expect(table.find(key(channel: 10_000, an: 0)) == nil)
    for record in 0..<40_000 {
      #expect(table.slot(at: record).pointee.record == UInt32(record))
    }
  }

  @Test("nothing is found in an empty one")
  func empty() {
    let table = AssociationTable()
    for channel in 0..<2_000 as Range<UInt64> {
      let key = key(channel: channel, an: UInt8(channel % 4))
      let hash = table.hasher.hash(key)
      #expect(table.find(key) == nil)
      #expect(table.sibling(of: key, hash: hash) == nil)
      let expected = table.expect(hash, an: key.an)
      #expect(table.find(key, located: table.locate(expected)) == nil)
    }
  }

  @Test("the other ANs of a channel are found from each of them")
  func siblings() {
    var table = AssociationTable()
    for channel in 0..<5_000 as Range<UInt64> {
      for an in [1, 3] as [UInt8] {
        let key = key(channel: channel, an: an)
        _ = table.insert(key, record: UInt32(channel) * 2)
      }
    }
    for channel in 0..<5_000 as Range<UInt64> {
      let (one, other) = (key(channel: channel, an: 1), key(channel: channel, an: 3))
      #expect(table.sibling(of: one, hash: table.hasher.hash(one))?.pointee.key == other)
      #expect(table.sibling(of: other, hash: table.hasher.hash(other))?.pointee.key == one)
    }
  }

  @Test("the tags lead to each slot at once, whatever the AN, unless its bucket was full")
  func tags() {
    var table = AssociationTable()
    for channel in 0..<6_000 as Range<UInt64> {
      for an in 0..<4 as Range<UInt8> where channel % 7 == 0 || an == channel % 4 {
        let key = key(channel: channel, an: an)
        _ = table.insert(key, record: UInt32(channel))
      }
    }
    var (found, missed) = (0, 0)
    for channel in 0..<6_000 as Range<UInt64> {
      for an in 0..<4 as Range<UInt8> {
        let key = key(channel: channel, an: an)
        let slot = table.find(
          key, located: table.locate(table.expect(table.hasher.hash(key), an: an)))
        if let slot {
          #expect(slot == table.find(key))
          found += 1
        } else if table.find(key) != nil {
          missed += 1
        }
      }
    }
    #expect(found + missed == table.count)
    #expect(missed * 10 < found, "\(missed) of \(table.count)")
  }
}

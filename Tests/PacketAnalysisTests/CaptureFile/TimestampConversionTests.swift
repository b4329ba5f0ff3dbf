import CaptureTestSupport
import Testing

@testable import PacketAnalysis

@Suite("Ticks of pcapng")
struct TimestampConversionTests {
  /// By integers that hold everything: floor(ticks / resolution) + offset, not beyond the farthest.
  private func expected(ticks: UInt64, resolution: UInt8, offsetSeconds: Int64) -> Int64 {
    let billion: UInt128 = 1_000_000_000
    let exponent = Int(resolution & 0x7F)
    var nanoseconds = UInt128(ticks) * billion
    if resolution & 0x80 != 0 {
      nanoseconds >>= UInt128(exponent)
    } else {
      for _ in 0..<exponent { nanoseconds /= 10 }
    }
    let farthest = Int128(TimestampConversion.farthestNanoseconds)
    let time = Int128(nanoseconds) + Int128(offsetSeconds) * Int128(billion)
    return Int64(min(max(time, -farthest), farthest))
  }

  @Test("are exact for every resolution and offset, up to the farthest time")
  func exact() {
    var random = SplitMix64(seed: 12)
    let farthestOffset = TimestampConversion.farthestNanoseconds / 1_000_000_000
    let offsets: [Int64] = [
      0, 1, -1, 3_600, -1_700_000_000, farthestOffset, farthestOffset + 1, -farthestOffset,
      -farthestOffset - 1, 10_000_000_000, -10_000_000_000, .max, .min,
    ]
    for resolution in 0...255 as ClosedRange<UInt8> {
      for offset in offsets {
        let conversion = TimestampConversion(resolution: resolution, offsetSeconds: offset)
        for _ in 0..<60 {
          let ticks =
            UInt64.random(in: .min ... .max, using: &random)
            >> UInt64.random(in: 0...63, using: &random)
          let expected = expected(ticks: ticks, resolution: resolution, offsetSeconds: offset)
          #expect(conversion.timestamp(ticks: ticks).nanosecondsSinceEpoch == expected)
          let simple = conversion.simpleTimestamp(ticks: ticks)?.nanosecondsSinceEpoch
          #expect(simple == nil || simple == expected)
        }
      }
    }
  }

  @Test(
    "take the short way up to the last that needs no limit", arguments: [0, 3, 6, 9] as [UInt8])
  func simple(resolution: UInt8) {
    for offset in [0, 86_400, -86_400] as [Int64] {
      let conversion = TimestampConversion(resolution: resolution, offsetSeconds: offset)
      var unit: UInt64 = 1_000_000_000
      for _ in 0..<resolution { unit /= 10 }
      let most = TimestampConversion.farthestNanoseconds - max(offset, 0) * 1_000_000_000
      let last = UInt64(most) / unit
      #expect(conversion.simpleTimestamp(ticks: last) != nil)
      #expect(conversion.simpleTimestamp(ticks: last + 1) == nil)
      #expect(
        conversion.timestamp(ticks: last + 1).nanosecondsSinceEpoch
          == expected(ticks: last + 1, resolution: resolution, offsetSeconds: offset))
    }
  }
}

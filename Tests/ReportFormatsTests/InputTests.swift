import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("What a person types")
struct InputTests {
  @Test(
    "durations",
    arguments: [
      ("10s", 10_000_000_000), ("250ms", 250_000_000), ("1m30s", 90_000_000_000),
      ("1.5s", 1_500_000_000), ("2h", 7_200_000_000_000), ("1d", 86_400_000_000_000),
      ("7us", 7_000), ("3ns", 3), ("0.000000001s", 1), ("1h2m3s4ms", 3_723_004_000_000),
      ("9223372036854775807ns", .max),
    ] as [(String, Int64)])
  func durations(text: String, expected: Int64) throws {
    #expect(try parseDuration(text) == expected)
  }

  @Test(
    "no durations",
    arguments: [
      "", "s", "10", "10x", "-1s", "0s", "1m 30s", "1.s", ".5s", "1..5s", "10s5", "0.0000000001s",
      "9223372036854775808ns", "18446744073709551616s", "18446744073709551615d",
      "106751d106751d", "１s",
    ])
  func noDurations(text: String) {
    #expect(throws: ValueError(text: text, expected: .duration)) { try parseDuration(text) }
  }

  @Test(
    "times of RFC 3339 and seconds since 1970",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1772352000", 1_772_352_000_000_000_000),
      ("2026-03-01T08:00:00Z", 1_772_352_000_000_000_000),
      ("2026-03-01T08:00:00", 1_772_352_000_000_000_000),
      ("2026-03-01 09:30:00+01:30", 1_772_352_000_000_000_000),
      ("2026-02-28t23:00:00-09:00", 1_772_352_000_000_000_000),
      ("2000-02-29T00:00:00.123456789z", 951_782_400_123_456_789),
      ("2026-03-01T08:00:00.0000000019Z", 1_772_352_000_000_000_001),
      ("1969-12-31T23:59:59.5Z", -500_000_000), ("-0.5", -500_000_000), ("1.25", 1_250_000_000),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
      ("2262-04-11T23:47:16.854775807Z", .max),
    ] as [(String, Int64)])
  func times(text: String, expected: Int64) throws {
    #expect(try parseTime(text).nanosecondsSinceEpoch == expected)
  }

  @Test(
    "no times",
    arguments: [
      "", "now", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
      "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01", "2026-01-01T00:00:00+25:00",
      "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2262-04-11T23:47:16.854775808Z",
      "1500-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "18446744073709551615", "1e9", "--1",
    ])
  func noTimes(text: String) {
    #expect(throws: ValueError(text: text, expected: .time)) { try parseTime(text) }
  }

  @Test("what a time is written as is read back", arguments: 1...200 as ClosedRange<UInt64>)
  func timesRoundTrip(seed: UInt64) throws {
    let time = Timestamp(
      nanosecondsSinceEpoch: Int64(bitPattern: seed &* 0x9E37_79B9_7F4A_7C15))
    #expect(try parseTime(time.text) == time)
  }

  @Test(
    "SCIs as 16 digits or as address and port",
    arguments: [
      "020000000a010001", "0x020000000A010001", "02:00:00:00:0a:01/1", "2:0:0:0:A:1/1",
    ])
  func sci(text: String) throws {
    #expect(try SCI(parsing: text).rawValue == 0x0200_0000_0A01_0001)
  }

  @Test(
    "no SCIs",
    arguments: [
      "", "0x", "020000000a01", "020000000a0100012", "02:00:00:00:0a:01", "02:00:00:00:0a:01/65536",
      "02:00:00:00:0a:01/", "020000000a01000g",
    ])
  func noSCI(text: String) {
    #expect(throws: ValueError(text: text, expected: .sci)) { try SCI(parsing: text) }
  }

  @Test("SPIs in hexadecimal behind 0x, otherwise decimal")
  func spi() throws {
    #expect(try parseSPI("0x0000abcd") == 0xABCD)
    #expect(try parseSPI("0XABCD") == 0xABCD)
    #expect(try parseSPI("43981") == 0xABCD)
    #expect(try parseSPI("4294967295") == .max)
    for text in ["", "0x", "abcd", "4294967296", "0x123456789", "-1"] {
      #expect(throws: ValueError(text: text, expected: .spi)) { try parseSPI(text) }
    }
  }

  @Test("eight digits, as Wireshark and ip xfrm show them, were read as decimal")
  func spiOfEightDigits() throws {
    #expect(try parseSPI("00001001") == 0x1001)
    #expect(try parseSPI("c0DE0001") == 0xC0DE_0001)
    #expect(try parseSPI("0001001") == 1_001)
    #expect(try parseSPI("000001001") == 1_001)
    #expect(throws: ValueError(text: "0000100g", expected: .spi)) { try parseSPI("0000100g") }
  }

  @Test(
    "IPv6 addresses in every spelling",
    arguments: [
      ("::", 0), ("::1", 1), ("1::", 1 << 112), ("2001:db8::1", 0x2001_0DB8 << 96 | 1),
      ("2001:DB8:0:0:0:0:0:1", 0x2001_0DB8 << 96 | 1),
      ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008),
      ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000),
      ("::ffff:192.0.2.1", 0xFFFF_C000_0201), ("64:ff9b::192.0.2.1", 0x64_FF9B << 96 | 0xC000_0201),
    ] as [(String, UInt128)])
  func ipv6(text: String, bits: UInt128) throws {
    #expect(try ParsedAddress(parsing: text) == .ip(IPAddress(ipv6: bits)))
  }

  @Test("what is written as RFC 5952 is read back", arguments: 0...255 as ClosedRange<UInt8>)
  func ipv6RoundTrip(zeros: UInt8) throws {
    var bits: UInt128 = 0
    for group in 0..<8 {
      bits = bits << 16 | (zeros >> UInt8(group) & 1 == 1 ? 0 : UInt128(group) + 0xA0)
    }
    let address = IPAddress(ipv6: bits)
    #expect(try ParsedAddress(parsing: address.text) == .ip(address))
  }

  @Test("IPv4 and MAC addresses")
  func otherAddresses() throws {
    #expect(
      try ParsedAddress(parsing: "192.0.2.1") == .ip(SampleReport.ipv4(192, 0, 2, 1)))
    let mac = MACAddress(rawValue: 0x0200_0000_0A01)
    #expect(try ParsedAddress(parsing: "02:00:00:00:0a:01") == .mac(mac))
    #expect(try ParsedAddress(parsing: "02-00-00-00-0A-01") == .mac(mac))
  }

  @Test(
    "no addresses",
    arguments: [
      "", "192.0.2", "192.0.2.256", "192.0.2.1.1", "::1::", ":::", "1:2:3:4:5:6:7", ":1", "1:",
      "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "::192.0.2.1:1", "fe80::1%eth0",
      "02:00:00:00:0a", "02:00:00:00:0a:01:02", "host.example",
    ])
  func noAddresses(text: String) {
    #expect(throws: ValueError(text: text, expected: .address)) {
      try ParsedAddress(parsing: text)
    }
  }

  @Test("an error says what was expected")
  func message() {
    #expect(
      ValueError(text: "10", expected: .duration).description
        == "'10' is not a duration such as 10s, 250ms or 1m30s")
  }
}

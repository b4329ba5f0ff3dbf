import CaptureInput
import PacketAnalysis
import Testing

@Suite(
  "Reading the captures of others",
  .enabled(if: SharedCaptures.arePresent, "no captures: skipped"))
struct PublicCaptureTests {
  struct Difference {
    /// `nil`: refused.
    var packets: Int?
    var reason: String
  }

  private static let linkType = "capinfos knows no such link type; the packets are there"

  /// Where we read otherwise than capinfos, and why.
  static let differences: [String: Difference] = [
    "pypcapng/test006.ntar": Difference(
      packets: 0,
      reason: "a block length that is no multiple of 4 (draft-ietf-opsawg-pcapng, 3.1)"),
    "robust-tcpdump/brcm-tag-prepend.pcap": Difference(packets: 15, reason: linkType),
    "robust-tcpdump/brcm-tag.pcap": Difference(packets: 23, reason: linkType),
    "robust-tcpdump/dsa-high-vid.pcap": Difference(packets: 4, reason: linkType),
    "robust-tcpdump/frf16_magic_ie-oobr.pcap": Difference(packets: 1, reason: linkType),
    "robust-tcpdump/hoobr_juniper3.pcap": Difference(packets: 1, reason: linkType),
    "robust-tcpdump/vtp_asan-3.pcap": Difference(packets: 1, reason: linkType),
    "pypcapng/test007.ntar": Difference(
      packets: 0, reason: "capinfos reads nothing either; we keep the good section header"),
  ]

  @Test(
    "counts as many packets as capinfos",
    arguments: SharedCaptures.capinfosPackets.keys.sorted())
  func countsPackets(name: String) throws {
    let reading = try FileReading(path: SharedCaptures.path(name))
    let counted = reading.failure == nil ? reading.frames.count : nil
    if let difference = Self.differences[name] {
      #expect(counted == difference.packets, "\(difference.reason)")
    } else {
      #expect(counted == SharedCaptures.capinfosPackets[name], "\(reading.damage as Any)")
    }
    #expect(try FileReading(path: SharedCaptures.path(name), source: .read) == reading)
  }

  @Test("differs from capinfos only where it is known")
  func knowsDifferences() {
    #expect(SharedCaptures.capinfosPackets.count > 400)
    #expect(Self.differences.keys.allSatisfy { SharedCaptures.capinfosPackets[$0] != nil })
  }
}

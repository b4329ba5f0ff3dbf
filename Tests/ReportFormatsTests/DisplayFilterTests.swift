import PacketAnalysis
import Testing

@testable import ReportFormats

@Suite("Display filters for Wireshark")
struct DisplayFilterTests {
  private func filters(
    _ association: AssociationSummary, before: FrameReference, after: FrameReference
  ) -> [String] {
    let gap = SequenceGap(
      association: association.id, firstMissing: 1, lastMissing: 1, before: before, after: after)
    return DisplayFilter.filters(for: gap, of: association).map(\.text)
  }

  private let before = SampleReport.frame(112, 0)
  private let after = SampleReport.frame(114, 0)

  @Test("an explicit SCI is a filter by itself")
  func explicit() {
    let row = SampleReport.association(1, SampleReport.macsec(port: 1), packets: 9)
    #expect(
      filters(row, before: before, after: after) == [
        "macsec.SCI.system_identifier == 02:00:00:00:0a:01 && macsec.SCI.port_identifier == 1 && "
          + "macsec.AN == 0 && frame.number >= 112 && frame.number <= 114"
      ])
  }

  @Test("frames without an SCI are known by source and VLAN")
  func implicit() {
    var stack = VLANStack()
    stack.append(7)
    var row = SampleReport.association(
      1,
      AssociationKey(
        point: 0,
        identity: .macsec(
          MACsecIdentity(sci: SCI(rawValue: 0x0200_0000_0A01_0001), an: 2, vlans: stack))),
      packets: 9)
    row.sciSource = .implicit
    #expect(
      filters(row, before: before, after: after) == [
        "eth.src == 02:00:00:00:0a:01 && vlan.id == 7 && macsec.AN == 2 && frame.number >= 112 && "
          + "frame.number <= 114"
      ])
  }

  @Test("ESP and AH by SPI and addresses: others may have the same SPI")
  func ipsec() {
    let address = SampleReport.ipv4(192, 0, 2, 1)
    let esp = SampleReport.association(
      1, SampleReport.ipsec(.esp, from: address, to: address, spi: 0x1001), packets: 9)
    let ah = SampleReport.association(
      1, SampleReport.ipsec(.ah, from: address, to: address, spi: 0x1001), packets: 9)
    #expect(
      filters(esp, before: before, after: after)
        == [
          "ip.src == 192.0.2.1 && ip.dst == 192.0.2.1 && esp.spi == 0x00001001 && frame.number >= 112 && frame.number <= 114"
        ])
    #expect(
      filters(ah, before: before, after: after)
        == [
          "ip.src == 192.0.2.1 && ip.dst == 192.0.2.1 && ah.spi == 0x00001001 && frame.number >= 112 && frame.number <= 114"
        ])
  }

  @Test("frame numbers rise, though the number below the gap may have come last")
  func reordered() {
    let address = SampleReport.ipv4(192, 0, 2, 1)
    let esp = SampleReport.association(
      1, SampleReport.ipsec(.esp, from: address, to: address, spi: 1), packets: 9)
    #expect(
      filters(esp, before: after, after: before)
        == [
          "ip.src == 192.0.2.1 && ip.dst == 192.0.2.1 && esp.spi == 0x00000001 && frame.number >= 112 && frame.number <= 114"
        ])
    #expect(
      filters(esp, before: SampleReport.frame(3, 0, file: 1), after: before) == [
        "ip.src == 192.0.2.1 && ip.dst == 192.0.2.1 && esp.spi == 0x00000001 && frame.number >= 112",
        "ip.src == 192.0.2.1 && ip.dst == 192.0.2.1 && esp.spi == 0x00000001 && frame.number <= 3",
      ])
  }
}

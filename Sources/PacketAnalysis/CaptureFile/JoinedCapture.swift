/// Another capture that begins where a record or block should: two files were joined end to end,
/// which only pcapng allows, and only of pcapng.
enum JoinedCapture {
  /// Why reading ends there; `nil`: that does not look like the beginning of a capture.
  ///
  /// - Parameter word: the first four octets, in our byte order.
  static func reason(_ word: UInt32) -> String? {
    if word == PcapngBlock.sectionHeader { return reason(of: .pcapng) }
    return PcapHeader.Magic(word) == nil ? nil : reason(of: .pcap)
  }

  private static func reason(of format: CaptureSummary.Format) -> String {
    "the header of another capture (\(format.rawValue)), which cannot follow here"
  }
}

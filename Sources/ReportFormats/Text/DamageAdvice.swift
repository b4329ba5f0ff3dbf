public import PacketAnalysis

extension CaptureSummary.Damage {
  /// What can be done about it. Of the kind of damage only the words of the reason are left in a
  /// transcript, so it is told by them.
  public var advice: String {
    if reason.contains("ends inside") || reason.hasSuffix("ends early") {
      "copy the file again if the original is longer"
    } else if reason.hasPrefix("the header of another capture") {
      "name both captures by themselves, or join them with mergecap"
    } else if reason.contains("was shortened") {
      "read it when nothing else writes it"
    } else {
      "use another copy if there is one, or repair it with pcapfix"
    }
  }
}

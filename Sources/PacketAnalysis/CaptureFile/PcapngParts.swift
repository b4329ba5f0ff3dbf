// What an analysis by several threads needs: readers of later parts of a pcapng file.
//
// A block means what the section and the interfaces say that were described before it. A part takes
// for granted what the file's beginning says; it ends where a block says more, and it counts only
// where the reader of the parts before has met nothing else (`goesOn`). What a block says of drops
// depends on all that was said before; so a part only notes it.

extension PcapngReader {
  /// A part that was told so much of drops ends, so that it fills no memory.
  static let mostPartNotes = 65_536

  /// A reader of the same file that begins at `offset`, and counts frames from there.
  func part(at offset: UInt64) -> PcapngReader {
    var reader = self
    reader.offset = offset
    reader.skipped = nil
    (reader.frameCount, reader.octetCount) = (0, 0)
    (reader.drops, reader.partNotes) = (DropList(), [])
    for index in interfaces.indices { reader.interfaces[index].statistics = FrameStatistics() }
    return reader
  }

  /// Whether a block of this type, or any, is left to the reader of the parts before.
  @inline(__always)
  func leaves(blockOfType type: UInt32) -> Bool {
    guard let noted = partNotes?.count else { return false }
    return type == PcapngBlock.sectionHeader || type == PcapngBlock.interfaceDescription
      || noted >= Self.mostPartNotes
  }

  /// Whether `part`, which was made earlier and begins where this one stands, reads as this one would:
  /// a block begins here, in the section that the part began with. Interfaces that were described
  /// meanwhile do no harm: at a frame of theirs the part ended.
  func goesOn(into part: PcapngReader) -> Bool {
    skipped == nil && isSwapped == part.isSwapped && firstInterface == part.firstInterface
  }

  /// Stands where `part` stands, which began where this one stood, and has counted the same frames.
  mutating func goOn(with part: PcapngReader) {
    for note in part.partNotes ?? [] {
      var note = note
      if case .dropCount(let count, from: nil, let end) = note.kind {
        // No frame of the interface came before it in the part.
        note.kind = .dropCount(
          count, from: interfaces[note.interface].statistics.previousTime, to: end)
      }
      self.note(note)
    }
    for index in part.interfaces.indices {
      interfaces[index].statistics.append(part.interfaces[index].statistics)
    }
    frameCount &+= part.frameCount
    octetCount &+= part.octetCount
    (offset, skipped) = (part.offset, part.skipped)
  }
}

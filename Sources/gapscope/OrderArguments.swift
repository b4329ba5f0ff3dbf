import ArgumentParser

/// In which order the files of a point are taken.
struct OrderArguments: ParsableArguments {
  @Flag(
    help: """
      The files of a point were captured one after the other as they are named, whatever their \
      times say: for one capture that was cut where the clock was set back.
      """)
  var inOrder = false
}

import ArgumentParser
import CaptureInput

/// Going on where a capture ends.
struct FollowArguments: ParsableArguments {
  @Flag(
    help: """
      Go on reading the file while another program writes it, and what that goes on with when it \
      rotates, until SIGINT or SIGTERM.
      """)
  var follow = false

  var source: CaptureSource { follow ? .followed : .automatic }

  func check(_ captures: [CaptureInputArgument], replay: ReplayArguments) throws {
    guard follow else { return }
    guard captures.count == 1, let capture = captures.first else {
      throw ValidationError("--follow is of one file: its successors are found by their names.")
    }
    if capture.path == "-" {
      throw ValidationError("Standard input is read to its end, whenever that is: omit --follow.")
    }
    if replay.given != nil {
      throw ValidationError(
        "--follow is of what is being captured, and --pace of what was: give one.")
    }
  }
}

/// An error that ends the command with exit status 1 and one line on standard error.
struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

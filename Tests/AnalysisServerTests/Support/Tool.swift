import Foundation

/// Another program, run to its end with files: a pipe could be inherited by a process that another test
/// starts, and then has no end before that.
func runTool(
  _ path: String, _ arguments: [String] = [], input: Data
) throws -> (status: Int32, output: Data) {
  let directory = URL(fileURLWithPath: NSTemporaryDirectory())
    .appendingPathComponent("AnalysisServerTests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  let (source, result) = (
    directory.appendingPathComponent("input"), directory.appendingPathComponent("output")
  )
  try input.write(to: source)
  try Data().write(to: result)
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  process.standardInput = try FileHandle(forReadingFrom: source)
  let output = try FileHandle(forWritingTo: result)
  (process.standardOutput, process.standardError) = (output, output)
  try process.run()
  process.waitUntilExit()
  return (process.terminationStatus, try Data(contentsOf: result))
}

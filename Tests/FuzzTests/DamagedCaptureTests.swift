import Foundation
import Testing

@Suite("Damaged captures, through the command")
struct DamagedCaptureTests {
  /// So many are analyzed by one process.
  private static let batch = 250

  @Test("the samples are whole", arguments: SampleCapture.all)
  func samples(_ sample: SampleCapture) throws {
    #expect(sample.octets.count < 2_000)
    let failure = try CommandTrial().failure(on: [sample.octets], arguments: ["--json"])
    #expect(failure == nil, "\(failure?.description ?? "")")
  }

  @Test("every prefix is read as far as it goes", arguments: SampleCapture.all)
  func prefixes(_ sample: SampleCapture) throws {
    let octets = sample.octets
    try check(octets.indices.map { Array(octets.prefix($0)) })
  }

  @Test("every single bit may be wrong", arguments: SampleCapture.all)
  func flips(_ sample: SampleCapture) throws {
    try check(
      (0..<sample.octets.count * 8).lazy.map { bit in
        var octets = sample.octets
        octets[bit / 8] ^= 1 << UInt8(bit % 8)
        return octets
      })
  }

  @Test("random damage, from a seed, for GAPSCOPE_FUZZ_SECONDS")
  func random() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = Double(environment["GAPSCOPE_FUZZ_SECONDS"] ?? "") ?? 20
    let seed = UInt64(environment["GAPSCOPE_FUZZ_SEED"] ?? "") ?? UInt64.random(in: 0..<1 << 32)
    print("Random damage from GAPSCOPE_FUZZ_SEED=\(seed)")
    let trial = try CommandTrial()
    var mutation = Mutation(seed: seed)
    let end = ContinuousClock.now + .seconds(seconds)
    var count = 0
    while ContinuousClock.now < end {
      let captures = (0..<Self.batch).map { _ in mutation.damaged(SampleCapture.all) }
      let failure = try trial.failure(
        on: captures, arguments: Self.forms.randomElement(using: &mutation) ?? [],
        points: Bool.random(using: &mutation) ? .apart : .together)
      count += captures.count
      guard failure == nil else {
        Issue.record("GAPSCOPE_FUZZ_SEED=\(seed): \(failure?.description ?? "")")
        return
      }
    }
    print("\(count) captures with random damage")
    #expect(count > 0)
  }

  /// Every way in which a result comes out.
  private static let forms: [[String]] = [
    ["--json"], ["--json", "--bucket", "1s"], ["--json", "--bucket", "1ms"], [],
    ["--all", "--gaps", "--bucket", "1h", "--width", "60"], ["--csv"], ["--csv", "--gaps"],
    ["--csv", "--bucket", "10s"], ["--json", "-f", "ether proto 0x88e5 or ip"],
    ["--json", "--window", "2", "--start", "1", "--confirmations", "2", "--horizon", "4"],
    ["--json", "--from", "2001-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z"],
  ]

  private func check(_ captures: some Collection<[UInt8]>) throws {
    let trial = try CommandTrial()
    var rest = captures[...]
    while !rest.isEmpty {
      let failure = try trial.failure(on: Array(rest.prefix(Self.batch)))
      guard failure == nil else {
        Issue.record("\(failure?.description ?? "")")
        return
      }
      rest = rest.dropFirst(Self.batch)
    }
  }
}

import CPcap
import PacketAnalysis

/// A filter in the language of pcap-filter(7), compiled by libpcap for each link type that occurs.
final class CaptureFilter {
  private let expression: String
  /// `nil` for a link type that the filter does not fit.
  private var programs: [LinkType: FilterProgram?] = [:]
  /// Of the last frame: the next one is mostly of the same link type.
  private var last: (linkType: LinkType, program: FilterProgram?)?
  /// The link types that the filter does not fit, and what libpcap says of the first.
  private var unfit: (linkTypes: [LinkType], message: String)?

  /// - Parameter linkTypes: those that are known to occur; without any, Ethernet.
  init(_ expression: String, linkTypes: [LinkType]) throws(CaptureInputError) {
    self.expression = expression
    let fits = (linkTypes.isEmpty ? [.ethernet] : linkTypes).map { program(for: $0) != nil }
    if let unfit, !fits.contains(true) {
      throw CaptureInputError(file: expression, reason: .badFilter(unfit.message))
    }
  }

  /// Keeps the frames that match.
  func apply(to batch: inout FrameBatch, interfaces: [InterfaceContext]) {
    batch.keep { frame in
      let linkType = interfaces[Int(frame.interface)].linkType
      if last?.linkType != linkType { last = (linkType, program(for: linkType)) }
      return last?.program?.matches(frame) ?? false
    }
  }

  private static let namedLinkTypeCount = 8
  private static let shownLength = 200

  var notes: [String] {
    let isLong = expression.count > Self.shownLength
    let selection =
      "only frames that match the filter are analyzed: \(expression.prefix(Self.shownLength))"
      + (isLong ? "…" : "")
    guard let unfit else { return [selection] }
    let shown = unfit.linkTypes.prefix(Self.namedLinkTypeCount).map { "\($0.rawValue)" }
    let others = unfit.linkTypes.count - shown.count
    return [
      selection,
      "the filter does not fit these link types, whose frames are left out: "
        + shown.joined(separator: ", ") + (others > 0 ? " and \(others) more" : "")
        + " (\(unfit.message))",
    ]
  }

  private func program(for linkType: LinkType) -> FilterProgram? {
    if let known = programs[linkType] { return known }
    do throws(FilterProgram.Failure) {
      let program = try FilterProgram(expression, linkType: linkType)
      programs[linkType] = program
      return program
    } catch {
      programs[linkType] = .some(nil)
      unfit = ((unfit?.linkTypes ?? []) + [linkType], unfit?.message ?? error.message)
      return nil
    }
  }
}

/// A filter that was compiled for one link type.
private final class FilterProgram {
  struct Failure: Error {
    var message: String
  }

  private var program = bpf_program()

  init(_ expression: String, linkType: LinkType) throws(Failure) {
    guard let handle = pcap_open_dead(Self.dlt(of: linkType), 262_144) else {
      throw Failure(message: "not enough memory")
    }
    defer { pcap_close(handle) }
    // The time that libpcap's optimizer takes grows with the cube of the length.
    let isOptimized: Int32 = expression.utf8.count <= 2_048 ? 1 : 0
    // All ones: the netmask is not known.
    guard pcap_compile(handle, &program, expression, isOptimized, .max) == 0 else {
      throw Failure(message: String(cString: pcap_geterr(handle)))
    }
  }

  deinit { pcap_freecode(&program) }

  func matches(_ frame: CapturedFrame) -> Bool {
    bpf_filter(
      program.bf_insns, frame.octets.assumingMemoryBound(to: UInt8.self), frame.originalLength,
      frame.capturedLength) != 0
  }

  /// libpcap numbers some link types otherwise than the files do.
  private static func dlt(of linkType: LinkType) -> Int32 {
    linkType == .raw ? Int32(LinkType.dltRaw.rawValue) : Int32(linkType.rawValue)
  }
}

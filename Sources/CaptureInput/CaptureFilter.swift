import CPcap
import PacketAnalysis

/// A filter in the language of pcap-filter(7), compiled by libpcap for each link type that occurs.
final class CaptureFilter {
  private let expression: String
  private var programs: [LinkType: FilterProgram?] = [:]
  private(set) var notes: [String] = []

  /// - Parameter linkTypes: those that are known to occur; without any, Ethernet.
  init(_ expression: String, linkTypes: [LinkType]) throws(CaptureInputError) {
    self.expression = expression
    var message: String?
    for linkType in linkTypes.isEmpty ? [.ethernet] : linkTypes where programs[linkType] == nil {
      message = compile(for: linkType) ?? message
    }
    if let message, programs.values.allSatisfy({ $0 == nil }) {
      throw CaptureInputError(file: expression, reason: .badFilter(message))
    }
  }

  /// Keeps the frames that match.
  func apply(to batch: inout FrameBatch, interfaces: [InterfaceContext]) {
    for linkType in Set(interfaces.map(\.linkType)) where programs[linkType] == nil {
      _ = compile(for: linkType)
    }
    batch.keep { frame in
      let linkType = interfaces[Int(frame.interface)].linkType
      guard let program = programs[linkType] ?? nil else { return false }
      return program.matches(frame)
    }
  }

  /// Returns what libpcap says where the filter makes no sense for the link type.
  private func compile(for linkType: LinkType) -> String? {
    do throws(FilterProgram.Failure) {
      programs[linkType] = try FilterProgram(expression, linkType: linkType)
      return nil
    } catch {
      programs[linkType] = .some(nil)
      notes.append(
        "the filter does not apply to link type \(linkType.rawValue), whose frames are left out: \(error.message)"
      )
      return error.message
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
    // All ones: the netmask is not known.
    guard pcap_compile(handle, &program, expression, 1, .max) == 0 else {
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

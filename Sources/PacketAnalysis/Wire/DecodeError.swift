/// Why a header could not be read.
///
/// A small value without strings, thrown by type (`throws(DecodeError)`) and so never boxed: the
/// per-packet path can afford it. The words for people are made at the edge, from `layer.name` and
/// `problem.reason`.
public struct DecodeError: Error, Hashable, Sendable {
  /// The words of these are part of the report: stable, and the same for all frames that fail
  /// alike.
  public enum Problem: UInt8, Hashable, Sendable, CaseIterable {
    /// The header ends after the octets that there are.
    case doesNotFit
    /// Another version of the protocol than the one its number stands for.
    case unsupportedVersion
    /// A length field that is smaller than the header it belongs to.
    case lengthTooSmall
    /// SPI 0, which never stands for an association (RFC 4303, 2.1; RFC 4302, 2.4).
    case reservedSPI
    /// More headers than a frame is followed through.
    case tooManyHeaders

    // Illegal SecTAGs (IEEE Std 802.1AE-2018, 9.12).
    /// SC = 1 together with ES = 1 or SCB = 1.
    case contradictorySCI
    /// The two bits above the SL are not 0.
    case reservedBits
    /// SL above 47.
    case shortLengthTooLarge
    /// Fewer octets than SL and the ICV ask for.
    case shorterThanShortLength
    /// SL = 0 with fewer than 48 octets of Secure Data.
    case shortLengthMissing
    /// PN 0 where the numbers around it do not wrap; found by the tracker.
    case packetNumberZero
  }

  /// The header that was being read.
  public var layer: Layer
  public var problem: Problem

  public init(_ problem: Problem, in layer: Layer) {
    self.layer = layer
    self.problem = problem
  }
}

/// A header that a decoder reads.
public enum Layer: UInt8, Hashable, Sendable, CaseIterable {
  case frame, ethernet, vlanTag, secTAG, eapol, mpls, pppoe
  case linuxSLL, loopback
  case ip, ipv4, ipv6, ipv6Extension, esp, ah, udp, tcp, udpEncapsulation, gre, erspan, vxlan

  /// As `MalformedSummary.layer` has it.
  public var name: String {
    switch self {
    case .frame: "frame"
    case .ethernet: "Ethernet"
    case .vlanTag: "VLAN tag"
    case .secTAG: "SecTAG"
    case .eapol: "EAPOL"
    case .mpls: "MPLS"
    case .pppoe: "PPPoE"
    case .linuxSLL: "Linux SLL"
    case .loopback: "loopback"
    case .ip: "IP"
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    case .ipv6Extension: "IPv6 extension"
    case .esp: "ESP"
    case .ah: "AH"
    case .udp: "UDP"
    case .tcp: "TCP"
    case .udpEncapsulation: "UDP encapsulation"
    case .gre: "GRE"
    case .erspan: "ERSPAN"
    case .vxlan: "VXLAN"
    }
  }
}

extension DecodeError.Problem {
  /// As `MalformedSummary.reason` has it.
  public var reason: String {
    switch self {
    case .doesNotFit: "does not fit"
    case .unsupportedVersion: "unsupported version"
    case .lengthTooSmall: "length too small"
    case .reservedSPI: "SPI 0"
    case .tooManyHeaders: "too many headers"
    case .contradictorySCI: "SC with ES or SCB"
    case .reservedBits: "reserved bits set"
    case .shortLengthTooLarge: "SL above 47"
    case .shorterThanShortLength: "shorter than SL"
    case .shortLengthMissing: "SL 0 with short data"
    case .packetNumberZero: "PN 0"
    }
  }
}

extension DecodeError: CustomStringConvertible {
  public var description: String { "\(layer.name): \(problem.reason)" }
}

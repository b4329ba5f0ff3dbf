public import Foundation

/// What tshark reads in a capture: the frames in which it finds a header that matters to us.
public struct TsharkAnswer {
  /// Its name.
  public let capture: String
  /// All frames of the capture.
  public let packets: Int
  public let frames: [Frame]

  public struct Frame {
    /// From 1 on.
    public let number: Int
    public let macsec: MACsec?
    /// The AH, then the ESP header.
    public let ipsec: [IPsec]
    /// Names of all headers, joined by colons.
    public let protocols: String
    /// The names of headers of which there are fields.
    public let layers: Set<String>
  }

  public struct MACsec {
    /// Of ES, SC, SCB, E and C those that are set.
    public let flags: [String]
    public let an: UInt8?
    public let pn: UInt64?
    /// Of the SCI that the frame carries, as in `02:00:00:00:00:01`.
    public let systemIdentifier: String?
    public let portIdentifier: UInt16?
    /// The frame's source MAC address.
    public let sourceAddress: String?
  }

  public struct IPsec {
    /// `ah` or `esp`.
    public let name: String
    public let spi: UInt32
    public let sequenceNumber: UInt64?
    /// Of the IP header in front of it, as `canonical` has them; `none` where there is none.
    public let source: String
    public let destination: String
  }

  public enum Problem: Error { case unreadable }

  /// - Parameter file: JSON that was made of tshark's fields: each is a list of texts.
  public init(contentsOf file: URL) throws {
    guard
      let answer = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        as? [String: Any],
      let capture = answer["capture"] as? String, let packets = answer["packets"] as? Int,
      let frames = answer["frames"] as? [[String: Any]]
    else { throw Problem.unreadable }
    self.capture = capture
    self.packets = packets
    self.frames = try frames.map(Frame.init)
  }
}

extension TsharkAnswer.Frame {
  fileprivate init(_ fields: [String: Any]) throws {
    guard let number = fields["frame"] as? Int else { throw TsharkAnswer.Problem.unreadable }
    self.number = number
    layers = Set(fields.keys)
    let protocols = fields["protocols"] as? String ?? ""
    self.protocols = protocols
    macsec = (fields["macsec"] as? [String: Any]).map { layer in
      TsharkAnswer.MACsec(layer, sourceAddress: first("eth.src", in: fields))
    }
    ipsec = ["ah", "esp"].compactMap { name in
      guard let layer = fields[name] as? [String: Any] else { return nil }
      let (source, destination) = Self.addresses(before: name, of: protocols, in: fields)
      let spi = first("spi", in: layer).flatMap { UInt32($0.dropFirst(2), radix: 16) }
      return TsharkAnswer.IPsec(
        name: name, spi: spi ?? 0,
        sequenceNumber: first("sequence", in: layer).flatMap { UInt64($0) }, source: source,
        destination: destination)
    }
  }

  /// tshark lists the addresses of all IP headers; `protocols` says which is in front of `layer`.
  private static func addresses(
    before layer: String, of protocols: String, in fields: [String: Any]
  ) -> (source: String, destination: String) {
    var seen = ["ip": 0, "ipv6": 0]
    var nearest = ""
    for name in protocols.split(separator: ":").map(String.init) {
      if name == layer { break }
      guard let count = seen[name] else { continue }
      seen[name] = count + 1
      nearest = name
    }
    func address(_ key: String) -> String {
      let all = fields["\(nearest).\(key)"] as? [String] ?? []
      let index = (seen[nearest] ?? 0) - 1
      return all.indices.contains(index) ? canonical(all[index]) : "none"
    }
    return (address("src"), address("dst"))
  }
}

extension TsharkAnswer.MACsec {
  fileprivate init(_ layer: [String: Any], sourceAddress: String?) {
    flags = ["ES", "SC", "SCB", "E", "C"].filter { first("TCI.\($0)", in: layer) == "1" }
    an = first("AN", in: layer).flatMap { UInt8($0.dropFirst(2), radix: 16) }
    pn = first("PN", in: layer).flatMap { UInt64($0) }
    systemIdentifier = first("SCI.system_identifier", in: layer)
    portIdentifier = first("SCI.port_identifier", in: layer).flatMap { UInt16($0) }
    self.sourceAddress = sourceAddress
  }
}

private func first(_ key: String, in fields: [String: Any]) -> String? {
  (fields[key] as? [String])?.first
}

package import PacketAnalysis

extension JSONReport {
  /// What was given up where a limit was reached: `approximate`, an object for each reason.
  func append(_ givenUp: GivenUp, to out: inout OutputBuffer) {
    out.append(",\n\"approximate\":[")
    let approximations = givenUp.approximations
    for (index, approximation) in approximations.enumerated() {
      out.append(index > 0 ? ",\n" : "\n")
      out.append(approximation)
    }
    out.append(approximations.isEmpty ? "]" : "\n]")
  }

  /// The same of one epoch of an association.
  func append(_ givenUp: EpochGivenUp, to out: inout OutputBuffer) {
    out.append(",\"approximate\":[")
    for (index, approximation) in givenUp.approximations.enumerated() {
      if index > 0 { out.append(octet: 0x2C) }
      out.append(approximation)
    }
    out.append(octet: 0x5D)
  }
}

extension OutputBuffer {
  /// An object: the reason, the limit where there is one, and what is counted.
  package mutating func append(_ approximation: Approximation) {
    append("{\"reason\":\"")
    append(text: approximation.reason.rawValue)
    append(octet: 0x22)
    if let limit = approximation.limit { field("limit", limit) }
    for count in approximation.counts {
      append(",\"")
      append(text: count.figure.rawValue)
      append("\":")
      append(count.value)
    }
    append(octet: 0x7D)
  }
}

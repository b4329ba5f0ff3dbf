// The busiest flows, which is what one asks for, without a look at all of them.

extension Schema {
  static let flowOrder = "CREATE INDEX flow_by_packets ON flow (run, packets);"
}

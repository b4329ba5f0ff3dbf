internal import NIOCore
internal import PacketAnalysis
internal import ReportFormats
internal import Synchronization

/// How many requests each client may still make: so many a second, and as many at once.
///
/// Memory is bounded: a client that was quiet for a second is as one that never came, and is forgotten
/// where there are too many. Where all of them are busy, those that come share what one may have.
final class ClientRates: Sendable {
  private struct Allowance {
    var requests: Double
    var time: ContinuousClock.Instant

    /// Fills with time.
    mutating func take(perSecond: Double, now: ContinuousClock.Instant) -> Bool {
      requests = min(perSecond, requests + perSecond * ((now - time) / .seconds(1)))
      time = now
      guard requests >= 1 else { return false }
      requests -= 1
      return true
    }
  }

  private struct State {
    var clients: [ClientAddress: Allowance] = [:]
    /// Of those for whom there was no room, or whose address is not known.
    var others: Allowance
    var lastLook: ContinuousClock.Instant
  }

  private let perSecond: Double
  private let clientLimit: Int
  private let state: Mutex<State>

  init(perSecond: Int, clientLimit: Int = 10_000, now: ContinuousClock.Instant = .now) {
    self.perSecond = Double(perSecond)
    self.clientLimit = clientLimit
    state = Mutex(
      State(others: Allowance(requests: self.perSecond, time: now), lastLook: now - .seconds(1)))
  }

  /// Clients that are told apart now.
  var count: Int { state.withLock { $0.clients.count } }

  /// Whether a client may make a request, which is counted then.
  func take(_ client: ClientAddress?, now: ContinuousClock.Instant = .now) -> Bool {
    state.withLock { state in
      guard let client, state.clients[client] != nil || hasRoom(&state, now: now) else {
        return state.others.take(perSecond: perSecond, now: now)
      }
      return state.clients[client, default: Allowance(requests: perSecond, time: now)]
        .take(perSecond: perSecond, now: now)
    }
  }

  private func hasRoom(_ state: inout State, now: ContinuousClock.Instant) -> Bool {
    if state.clients.count < clientLimit { return true }
    // All are looked at, which is not to be done for each request.
    guard now - state.lastLook >= .seconds(1) else { return false }
    state.lastLook = now
    state.clients = state.clients.filter { now - $0.value.time < .seconds(1) }
    return state.clients.count < clientLimit
  }
}

/// Whom a request comes from, as far as its address tells: an IPv4 address, or the first 64 bits of an
/// IPv6 address, of which one client has all.
struct ClientAddress: Hashable, Sendable {
  private let address: IPAddress

  /// `nil`: it comes over no network.
  init?(_ address: SocketAddress?) {
    guard let text = address?.ipAddress, case .ip(let address)? = try? ParsedAddress(parsing: text)
    else { return nil }
    switch address.family {
    case .ipv4: self.address = address
    // RFC 4291, 2.5.5.2: an IPv4 address at a socket of IPv6.
    case .ipv6 where address.bits >> 32 == 0xFFFF:
      self.address = IPAddress(ipv4: UInt32(truncatingIfNeeded: address.bits))
    case .ipv6: self.address = IPAddress(ipv6: (address.bits >> 64) << 64)
    }
  }
}

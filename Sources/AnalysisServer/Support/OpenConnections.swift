internal import NIOCore
internal import Synchronization

/// The connections of a server: which of them wait for a question, and how much of the answers was not
/// taken yet.
///
/// A server has room for so many. Who comes when it is full gets the place of the one that has waited
/// for a question longest: thousands of connections that ask nothing, or never finish asking, keep
/// nobody else out. Where none waits, it is the one that is being answered for longest, of the client
/// that has most of them: streams and those who hardly take an answer have no end. Where answers pile
/// up that nobody takes, the one that has taken nothing for longest is closed.
final class OpenConnections: Sendable {
  struct Limits: Sendable {
    /// From so many on, each new one closes one that waits.
    var connections: Int
    /// From so many more on, each new one closes one that is being answered.
    var furtherConnections: Int
    /// Of answers that were not taken, of all connections.
    var untakenOctets: Int
  }

  /// What can be closed: a channel.
  typealias Close = @Sendable () -> Void

  private struct Connection {
    var close: Close
    var client: ClientAddress?
    /// Whether no question of it is being answered, and since when it is so.
    var isWaiting = true
    var since: NIODeadline
    var untakenOctets = 0
    /// When it last took some of them, or had none.
    var tookTime: NIODeadline
  }

  private struct State {
    var connections: [ObjectIdentifier: Connection] = [:]
    var untakenOctets = 0
  }

  private let limits: Limits
  private let state = Mutex(State())

  init(limits: Limits) { self.limits = limits }

  var count: Int { state.withLock { $0.connections.count } }

  func opened(
    _ id: ObjectIdentifier, client: ClientAddress?, now: NIODeadline = .now(),
    close: @escaping Close
  ) {
    let victim = state.withLock { state -> Close? in
      let victim = leastNeeded(of: state.connections)
      state.connections[id] = Connection(close: close, client: client, since: now, tookTime: now)
      return victim.flatMap { Self.remove($0, from: &state)?.close }
    }
    victim?()
  }

  private func leastNeeded(of connections: [ObjectIdentifier: Connection]) -> ObjectIdentifier? {
    guard connections.count >= limits.connections else { return nil }
    let waiting = Self.first(connections.compactMap { $1.isWaiting ? ($0, $1.since) : nil })
    let isFull = connections.count + 1 >= limits.connections + limits.furtherConnections
    guard waiting == nil, isFull else { return waiting }
    let clients = Dictionary(grouping: connections) { $0.value.client }.values
    let busiest = clients.max { $0.count < $1.count } ?? []
    return Self.first(busiest.map { ($0.key, $0.value.since) })
  }

  /// It was asked something, or what it was asked is answered.
  func changed(_ id: ObjectIdentifier, isAnswered: Bool, now: NIODeadline = .now()) {
    state.withLock { state in
      // What is asked behind another question does not make it younger.
      guard state.connections[id]?.isWaiting != isAnswered else { return }
      state.connections[id]?.isWaiting = isAnswered
      state.connections[id]?.since = now
    }
  }

  /// Part of an answer is on its way.
  func wrote(_ id: ObjectIdentifier, octets: Int, now: NIODeadline = .now()) {
    let victim = state.withLock { state -> Close? in
      guard var connection = state.connections[id] else { return nil }
      if connection.untakenOctets == 0 { connection.tookTime = now }
      connection.untakenOctets += octets
      state.untakenOctets += octets
      state.connections[id] = connection
      guard state.untakenOctets > limits.untakenOctets else { return nil }
      let slow = Self.first(
        state.connections.compactMap { id, it in it.untakenOctets > 0 ? (id, it.tookTime) : nil })
      return slow.flatMap { Self.remove($0, from: &state)?.close }
    }
    victim?()
  }

  /// The kernel has it.
  func took(_ id: ObjectIdentifier, octets: Int, now: NIODeadline = .now()) {
    state.withLock { state in
      guard var connection = state.connections[id] else { return }
      connection.untakenOctets -= octets
      connection.tookTime = now
      state.untakenOctets -= octets
      state.connections[id] = connection
    }
  }

  /// When it last took some of its answer; `nil` where there is nothing that it does not take.
  func slowSince(_ id: ObjectIdentifier) -> NIODeadline? {
    state.withLock { state in
      state.connections[id].flatMap { $0.untakenOctets > 0 ? $0.tookTime : nil }
    }
  }

  /// Closes all that are there.
  func closeAll() {
    for close in state.withLock({ $0.connections.values.map(\.close) }) { close() }
  }

  func closed(_ id: ObjectIdentifier) {
    state.withLock { state in _ = Self.remove(id, from: &state) }
  }

  private static func remove(_ id: ObjectIdentifier, from state: inout State) -> Connection? {
    let connection = state.connections.removeValue(forKey: id)
    state.untakenOctets -= connection?.untakenOctets ?? 0
    return connection
  }

  private static func first(_ all: [(id: ObjectIdentifier, time: NIODeadline)]) -> ObjectIdentifier?
  {
    all.min { $0.time < $1.time }?.id
  }
}

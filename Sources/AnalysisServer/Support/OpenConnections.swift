internal import NIOCore
internal import Synchronization

/// The connections of a server: which of them wait for a question, and how much of the answers was not
/// taken yet.
///
/// A server has room for so many. Who comes when it is full gets the place of the one that has waited
/// for a question longest: thousands of connections that ask nothing, or never finish asking, keep
/// nobody else out. Where answers pile up that nobody takes, the one that has taken nothing for longest
/// is closed.
final class OpenConnections: Sendable {
  struct Limits: Sendable {
    /// From so many on, each new one closes one that waits.
    var connections: Int
    /// Of answers that were not taken, of all connections.
    var untakenOctets: Int
  }

  /// What can be closed: a channel.
  typealias Close = @Sendable () -> Void

  private struct Connection {
    var close: Close
    /// Since when no question of it is being answered; `nil`: one is.
    var waitsSince: NIODeadline?
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

  func opened(_ id: ObjectIdentifier, now: NIODeadline = .now(), close: @escaping Close) {
    let victim = state.withLock { state -> Close? in
      let victim =
        state.connections.count >= limits.connections
        ? Self.first(state.connections.compactMap { id, it in it.waitsSince.map { (id, $0) } })
        : nil
      state.connections[id] = Connection(close: close, waitsSince: now, tookTime: now)
      return victim.flatMap { Self.remove($0, from: &state)?.close }
    }
    victim?()
  }

  /// It was asked something, or what it was asked is answered.
  func changed(_ id: ObjectIdentifier, isAnswered: Bool, now: NIODeadline = .now()) {
    state.withLock { $0.connections[id]?.waitsSince = isAnswered ? now : nil }
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

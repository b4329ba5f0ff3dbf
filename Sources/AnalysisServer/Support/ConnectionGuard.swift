import Glibc
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Tells `OpenConnections` what a connection does, and closes it where its client neither ends what it
/// sends nor takes what it gets.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let connections: OpenConnections
  /// A client that takes nothing for so long is gone.
  private let slowTime: TimeAmount
  /// For the rest of a request that was answered before its end.
  private let restTime = TimeAmount.seconds(2)
  private var isOpen = false
  private var isRequestWhole = true
  private var requests = 0
  private var watch: Scheduled<Void>?

  init(_ connections: OpenConnections, slowTime: TimeAmount) {
    (self.connections, self.slowTime) = (connections, slowTime)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    do {
      try HostField.add(to: context.pipeline)
    } catch {
      return context.close(promise: nil)
    }
    if context.channel.isActive { open(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    open(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    watch?.cancel()
    connections.closed(ObjectIdentifier(context.channel))
    context.fireChannelInactive()
  }

  private func open(_ context: ChannelHandlerContext) {
    guard !isOpen else { return }
    isOpen = true
    let channel = context.channel
    connections.opened(
      ObjectIdentifier(channel), client: ClientAddress(channel.remoteAddress)
    ) { channel.close(promise: nil) }
    // What is sent to a machine that is gone is in the kernel, which tries for a quarter of an hour.
    let option = ChannelOptions.Types.SocketOption(
      level: .tcp, name: NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT))
    let milliseconds = SocketOptionValue(slowTime.nanoseconds / 1_000_000)
    channel.setOption(option, value: milliseconds).whenFailure { _ in }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      isRequestWhole = false
      requests += 1
      connections.changed(ObjectIdentifier(context.channel), isAnswered: false)
    case .body: break
    case .end: isRequestWhole = true
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head)
    where head.status == .badRequest && head.headerFields[.contentLength] == "0":
      refuse(context, promise)
    case .head(var head) where !isRequestWhole:
      // Whoever sends a body gets its answer at once, and then we do not wait for the rest.
      head.headerFields[.connection] = "close"
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .head: context.write(data, promise: promise)
    case .body(let buffer): write(buffer, data, context, promise)
    case .end:
      context.write(data, promise: promise)
      requests -= 1
      guard requests <= 0 else { return }
      connections.changed(ObjectIdentifier(context.channel), isAnswered: true)
      if !isRequestWhole {
        let channel = context.channel
        context.eventLoop.scheduleTask(in: restTime) { channel.close(promise: nil) }
      }
    }
  }

  /// Hummingbird's answer to what is no HTTP says nothing; no other has such a head.
  private func refuse(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
    let octets = Problem.badRequest(
      "This is no request of HTTP/1.1, or its address or header is too long."
    ).octets
    let headers: HTTPFields = [
      .contentType: "application/problem+json", .contentLength: "\(octets.count)",
      .connection: "close",
    ]
    let head = HTTPResponse(status: .badRequest, headerFields: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(ByteBuffer(bytes: octets))), promise: promise)
    let channel = context.channel
    context.eventLoop.scheduleTask(in: restTime) { channel.close(promise: nil) }
  }

  private func write(
    _ buffer: ByteBuffer, _ data: NIOAny, _ context: ChannelHandlerContext,
    _ promise: EventLoopPromise<Void>?
  ) {
    let (id, octets, connections) = (
      ObjectIdentifier(context.channel), buffer.readableBytes, connections
    )
    connections.wrote(id, octets: octets)
    let promise = promise ?? context.eventLoop.makePromise()
    promise.futureResult.whenComplete { _ in connections.took(id, octets: octets) }
    context.write(data, promise: promise)
    if watch == nil { startWatching(context.channel, after: slowTime) }
  }

  /// Looks again where it took something meanwhile.
  private func startWatching(_ channel: any Channel, after time: TimeAmount) {
    let loopBound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    watch = channel.eventLoop.scheduleTask(in: time) { [connections, slowTime] in
      loopBound.value.watch = nil
      guard let since = connections.slowSince(ObjectIdentifier(channel)) else { return }
      if since + slowTime <= .now() { return channel.close(promise: nil) }
      loopBound.value.startWatching(channel, after: since + slowTime - .now())
    }
  }
}

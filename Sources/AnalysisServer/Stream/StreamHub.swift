internal import AnalysisStore
internal import NIOCore
internal import ReportFormats

/// What is new in a database, for all who follow it: it is looked for once, however many there are.
///
/// Nothing is kept for a reader but how far it is. Whoever is slow gets the newest state next, and is
/// told where messages were given up: memory is bounded by `keptOctets`, and a message for each.
///
/// Readers whose program hangs cannot be told from those that are content. So none is refused: where
/// there are too many, one of the client that has most ends, the one that has followed longest.
actor StreamHub {
  /// How far a reader is.
  struct Position: Sendable, Equatable {
    /// Readers are numbered as they come.
    var reader: UInt64 = 0
    /// The last message that it has; `nil`: it has others than these.
    var message: UInt64?
    /// The last state that it has.
    var look: UInt64 = 0
  }

  private let reader: AnalysisReader
  private let keptOctets: Int
  /// Numbers of messages are good in this process alone.
  private let epoch = String(UInt32.random(in: 0...UInt32.max), radix: 36)
  private var messages: [(number: UInt64, text: ByteBuffer)] = []
  private(set) var octets = 0
  private var lastMessage: UInt64 = 0
  private var state = ByteBuffer()
  private var looks: UInt64 = 0
  private var mark: NewsMark?
  private var version: String?
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var isLooking = false
  private let readerLimit: Int
  /// Whose they are, by their number.
  private var readers: [UInt64: ClientAddress?] = [:]
  private var lastReader: UInt64 = 0
  private(set) var isClosed = false

  /// - Parameters:
  ///   - keptOctets: of messages, for those who come back or are slow.
  ///   - readerLimit: so many may follow at one time.
  init(reader: AnalysisReader, keptOctets: Int = 4 << 20, readerLimit: Int = 500) {
    (self.reader, self.keptOctets, self.readerLimit) = (reader, keptOctets, readerLimit)
  }

  // MARK: Looking

  /// Looks what is new, and wakes all who wait for it.
  func look() async {
    do throws(StoreError) {
      let version = try await reader.version()
      // Unchanged, the last state is said again.
      if version != self.version {
        let news = try await reader.news(since: mark, run: .latest)
        add(news)
        (mark, self.version) = (news.mark, version)
      }
    } catch {
      version = nil
      state = Self.event("unavailable", data: Problem(error).octets)
    }
    looks += 1
    wakeAll()
  }

  private func wakeAll() {
    let woken = waiting
    waiting = []
    for continuation in woken { continuation.resume() }
  }

  private func add(_ news: RunNews) {
    let run = news.overview.run.run
    if !news.gaps.isEmpty {
      add("gaps") { out in
        out.append("{\"run\":")
        out.append(run)
        out.list("items", news.gaps) { gap, out in out.append(gap) }
        out.field("further", UInt64(clamping: news.furtherGaps))
        out.append(octet: 0x7D)
      }
    }
    if !news.events.isEmpty {
      add("events") { out in
        out.append("{\"run\":")
        out.append(run)
        out.list("items", news.events) { event, out in out.append(event) }
        out.append(octet: 0x7D)
      }
    }
    var out = OutputBuffer()
    out.append(octet: 0x7B)
    out.append(sums: news.overview)
    out.append(octet: 0x7D)
    state = Self.event("state", data: out.octets())
  }

  private func add(_ name: String, _ write: (inout OutputBuffer) -> Void) {
    var out = OutputBuffer()
    write(&out)
    let text = Self.event(name, data: out.octets())
    lastMessage += 1
    messages.append((lastMessage, text))
    octets += text.readableBytes
    while octets > keptOctets, messages.count > 1 {
      octets -= messages.removeFirst().text.readableBytes
    }
  }

  /// Makes that all who come back have missed something.
  private func skipMessage() {
    lastMessage += 1
    messages = []
    octets = 0
  }

  // MARK: Following

  /// - Parameter last: the `Last-Event-ID` of a reader that comes back.
  /// - Returns: `nil` where all streams end.
  func join(last: String?, client: ClientAddress?) -> Position? {
    guard !isClosed else { return nil }
    if readers.count >= readerLimit { endOne() }
    lastReader += 1
    readers.updateValue(client, forKey: lastReader)
    startLooking()
    var position = position(last)
    position.reader = lastReader
    return position
  }

  /// Of the client that has most of them, the one that has followed longest.
  private func endOne() {
    let clients = Dictionary(grouping: readers.keys) { readers[$0] ?? nil }
    guard let oldest = clients.values.max(by: { $0.count < $1.count })?.min() else { return }
    readers[oldest] = nil
    wakeAll()
  }

  func position(_ last: String?) -> Position {
    guard let last else { return Position(message: lastMessage) }
    let parts = last.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == epoch, let number = UInt64(parts[1]),
      number <= lastMessage
    else { return Position(message: nil) }
    return Position(message: number)
  }

  func leave(_ position: Position) { readers[position.reader] = nil }

  /// What comes next, once there is something; `nil` where the stream ends.
  func next(_ position: inout Position) async -> ByteBuffer? {
    while !isClosed, readers[position.reader] != nil {
      if let text = new(&position) { return text }
      await withCheckedContinuation { waiting.append($0) }
    }
    return nil
  }

  /// What comes next, if there is something.
  func new(_ position: inout Position) -> ByteBuffer? {
    let oldest = messages.first?.number ?? lastMessage + 1
    guard let last = position.message, last + 1 >= oldest else {
      position.message = lastMessage
      return numbered(lastMessage, Self.event("missed", data: Array("{}".utf8)))
    }
    if last < lastMessage {
      position.message = last + 1
      return numbered(last + 1, messages[Int(last + 1 - oldest)].text)
    }
    guard position.look < looks else { return nil }
    position.look = looks
    return numbered(last, state)
  }

  private func numbered(_ number: UInt64, _ text: ByteBuffer) -> ByteBuffer {
    var buffer = ByteBuffer(string: "id: \(epoch)-\(number)\n")
    buffer.writeImmutableBuffer(text)
    return buffer
  }

  private static func event(_ name: String, data: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
    // Lines of JSON are for people: an event has one.
    buffer.writeBytes(data.filter { $0 != 0x0A })
    buffer.writeString("\n\n")
    return buffer
  }

  // MARK: Life

  /// Each second as long as somebody follows, and a minute longer, so that whoever comes back has
  /// missed nothing.
  private func startLooking() {
    guard !isLooking else { return }
    isLooking = true
    Task {
      var idleLooks = 0
      while !isClosed, idleLooks < 60 {
        await look()
        idleLooks = readers.isEmpty ? idleLooks + 1 : 0
        try? await Task.sleep(for: .seconds(1))
      }
      // What comes now is not looked for: it cannot be told from what was.
      isLooking = false
      mark = nil
      version = nil
      skipMessage()
    }
  }
  /// Ends all streams: the server waits for its answers.
  func close() {
    isClosed = true
    wakeAll()
  }
}

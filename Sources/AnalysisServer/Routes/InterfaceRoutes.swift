internal import Hummingbird
internal import PacketAnalysis
internal import ReportFormats

/// `/api/v1/interfaces`: those of the machine that serves, whatever the database is of.
struct InterfaceRoutes {
  let interfaces: @Sendable () -> [NetworkInterface]

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("interfaces") { request, _ in
      _ = try QueryParameters(request, known: [])
      let interfaces = interfaces()
      return jsonReply { out in
        out.append("{\"count\":")
        out.append(interfaces.count)
        out.list("items", interfaces) { interface, out in out.append(interface) }
        out.append(octet: 0x7D)
      }
    }
  }
}

internal import AnalysisStore
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PacketAnalysis
internal import ReportFormats

/// `/metrics`: the latest run, for Prometheus.
struct MetricsRoutes {
  let reader: AnalysisReader
  let version: String
  /// So many associations have metrics of their own.
  let associations: Int

  func add(to router: some RouterMethods<ServerContext>) {
    router.get("metrics") { request, _ in
      _ = try QueryParameters(request, known: [])
      var text = MetricsText()
      text.family("gapscope_build_info", .gauge, "The version of Gapscope that serves; always 1.")
      text.sample(1, MetricsText.labels(["version": version]))
      do throws(StoreError) {
        let metrics = try await reader.metrics(associations: associations, run: .latest)
        text.appendDatabase(isReadable: true)
        text.append(metrics)
      } catch {
        // Whoever scrapes wants to know this, not that the scrape failed.
        text.appendDatabase(isReadable: error.problem == .noRun)
      }
      return Response(
        status: .ok,
        headers: [
          .contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-cache",
        ],
        body: .init(byteBuffer: ByteBuffer(bytes: text.octets())))
    }
  }
}

extension MetricsText {
  fileprivate mutating func appendDatabase(isReadable: Bool) {
    family(
      "gapscope_database_readable", .gauge, "1: the database can be read; 0: /readyz says why not.")
    sample(isReadable ? 1 : 0)
  }

  fileprivate mutating func append(_ metrics: RunMetrics) {
    append(metrics.overview)
    append(metrics.points)
    append(metrics.overview.shares)
    append(metrics.associations, others: metrics.others)
  }

  // MARK: The run

  private mutating func append(_ overview: RunOverview) {
    family(
      "gapscope_run_number", .gauge, "The number of the latest run; counts begin anew with it.")
    sample(UInt64(clamping: overview.run.run))
    let totals = overview.totals
    family(
      "gapscope_frames_total", .counter,
      "Frames of the run by their outermost protected header, or what they are otherwise.")
    for (kind, count) in [
      ("macsec", totals.macsec), ("esp", totals.esp), ("ah", totals.ah), ("mka", totals.mka),
      ("eapol", totals.eapol), ("ike", totals.ike), ("plain", totals.plain),
      ("fragment", totals.fragments), ("other", totals.other), ("malformed", totals.malformed),
      ("truncated", totals.truncated),
    ] { sample(count, Self.labels(["kind": kind])) }
    family("gapscope_frame_bytes_total", .counter, "Length of the frames of the run on the wire.")
    sample(totals.octets)
    family(
      "gapscope_run_damaged_captures", .gauge, "Captures that could not be read to their end.")
    sample(UInt64(clamping: overview.damagedCaptures))
    family(
      "gapscope_run_limit_reached", .gauge,
      "1: a limit was reached, and what was given up makes counts of the run approximate.")
    for reason in Approximation.Reason.allCases {
      let isReached = overview.approximations.contains { $0.reason == reason }
      sample(isReached ? 1 : 0, Self.labels(["reason": reason.rawValue]))
    }
    guard let progress = overview.progress else { return }
    family("gapscope_run_running", .gauge, "1: the run goes on; 0: it ended, or was cut short.")
    sample(progress.state == .running ? 1 : 0)
    family(
      "gapscope_run_interrupted", .gauge, "1: the process of the run is gone and did not say so.")
    sample(progress.state == .interrupted ? 1 : 0)
    family("gapscope_run_start_timestamp_seconds", .gauge, "When the run began.")
    sample(seconds: progress.began.secondsSinceEpoch)
    family("gapscope_run_stored_timestamp_seconds", .gauge, "When the stored state was taken.")
    sample(seconds: progress.storedUntil.secondsSinceEpoch)
    family("gapscope_stored_states_total", .counter, "States of the run that were stored.")
    sample(progress.states)
    family(
      "gapscope_late_states_total", .counter,
      "Store intervals without a state, since the one before was still being written.")
    sample(progress.lateStates)
    family("gapscope_failed_states_total", .counter, "States that could not be stored.")
    sample(progress.failedStates)
  }

  // MARK: Points

  private mutating func append(_ points: [RunMetrics.Point]) {
    func each(_ value: (RunMetrics.Point) -> UInt64?) {
      for point in points {
        if let value = value(point) { sample(value, Self.labels(["point": point.row.name])) }
      }
    }
    family("gapscope_point_packets_total", .counter, "Frames of the point.")
    each { $0.row.packets }
    family("gapscope_point_bytes_total", .counter, "Length of the frames of the point on the wire.")
    each { $0.row.octets }
    family(
      "gapscope_point_capture_drops_total", .counter,
      "Frames that the capturing machine dropped itself, as far as it says.")
    each { $0.row.capturedDrops }
    family(
      "gapscope_point_blind_intervals_total", .counter, "Times in which the point could not see.")
    each { UInt64(clamping: $0.row.blindIntervals) }
    family(
      "gapscope_point_blind_drops_total", .counter,
      "Frames that found no room in the ring or were dropped before, within blind intervals.")
    each { $0.blindDrops }
    family(
      "gapscope_point_blind", .gauge, "1: the point cannot see since some time, or to its end.")
    each { $0.isBlind ? 1 : 0 }
  }

  // MARK: Sums

  private mutating func append(_ shares: [AssociationShare]) {
    let labels = shares.map {
      Self.labels(["point": $0.point, "protocol": $0.securityProtocol.rawValue])
    }
    func each(_ value: (AssociationShare) -> UInt64) {
      for (labels, share) in zip(labels, shares) { sample(value(share), labels) }
    }
    family("gapscope_associations", .gauge, "Secure associations, each epoch by itself.")
    each { $0.associations }
    family("gapscope_packets_total", .counter, "Packets of all associations.")
    each { $0.packets }
    family("gapscope_bytes_total", .counter, "Length of the frames of all associations.")
    each { $0.octets }
    family(
      "gapscope_expected_packets", .gauge,
      "Packet numbers between the lowest and the highest of each association, added up.")
    each { $0.expected }
    family(
      "gapscope_lost_packets", .gauge,
      "Packet numbers that are missing; less again when late packets come.")
    each { $0.lost }
    family(
      "gapscope_lost_blind_packets", .gauge,
      "The part of the loss that blind intervals of the capture may explain.")
    each { $0.lostBlind }
    family("gapscope_skipped_packets", .gauge, "Packet numbers that senders passed over.")
    each { $0.skipped }
    family("gapscope_duplicate_packets_total", .counter, "Packets whose number came before.")
    each { $0.duplicates }
    family("gapscope_reordered_packets_total", .counter, "Packets that came after a higher number.")
    each { $0.reordered }
    family("gapscope_suspect_packets_total", .counter, "Packets whose number fits nothing.")
    each { $0.suspects }
    family("gapscope_gaps", .gauge, "Runs of missing packet numbers.")
    each { $0.gaps }
  }

  // MARK: Associations

  /// The others are one for each point and protocol, whose identifier is `other`.
  private mutating func append(_ rows: [AssociationRow], others: [AssociationShare]) {
    let labels = rows.map { row in
      var id = OutputBuffer()
      id.append(hexadecimal: row.summary.id, digits: 16)
      return Self.labels([
        "association": String(decoding: id.octets(), as: UTF8.self),
        "name": AssociationName(row.summary).text, "point": row.point,
        "protocol": AssociationFilter.SecurityProtocol(row.summary.key.identity).rawValue,
      ])
    }
    let otherLabels = others.map {
      Self.labels([
        "association": "other", "name": "all others", "point": $0.point,
        "protocol": $0.securityProtocol.rawValue,
      ])
    }
    func each(_ own: (AssociationSummary) -> UInt64, _ sum: (AssociationShare) -> UInt64) {
      for (labels, row) in zip(labels, rows) { sample(own(row.summary), labels) }
      for (labels, share) in zip(otherLabels, others) { sample(sum(share), labels) }
    }
    family(
      "gapscope_folded_associations", .gauge,
      "Associations without metrics of their own; their sums have the association other.")
    for share in others {
      sample(
        share.associations,
        Self.labels(["point": share.point, "protocol": share.securityProtocol.rawValue]))
    }
    family("gapscope_association_packets_total", .counter, "Packets of the association.")
    each({ $0.packets }, { $0.packets })
    family("gapscope_association_bytes_total", .counter, "Length of its frames on the wire.")
    each({ $0.octets }, { $0.octets })
    family(
      "gapscope_association_expected_packets", .gauge,
      "Packet numbers between its lowest and its highest, without those that were skipped.")
    each({ $0.expected }, { $0.expected })
    family(
      "gapscope_association_lost_packets", .gauge,
      "Packet numbers of it that are missing; less again when late packets come.")
    each({ $0.lost }, { $0.lost })
    family(
      "gapscope_association_lost_blind_packets", .gauge,
      "The part of its loss that blind intervals of the capture may explain.")
    each({ $0.lostBlind }, { $0.lostBlind })
    family(
      "gapscope_association_duplicate_packets_total", .counter,
      "Packets of it whose number came before.")
    each({ $0.duplicates }, { $0.duplicates })
    family(
      "gapscope_association_reordered_packets_total", .counter,
      "Packets of it that came after a higher number.")
    each({ $0.reordered }, { $0.reordered })
    family("gapscope_association_gaps", .gauge, "Runs of missing packet numbers of it.")
    each({ $0.gaps }, { $0.gaps })
  }
}

extension Timestamp {
  fileprivate var secondsSinceEpoch: Double { Double(nanosecondsSinceEpoch) / 1e9 }
}

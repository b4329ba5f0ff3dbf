// swift-tools-version: 6.2

import PackageDescription

/// Settings of every target of ours.
///
/// `Lifetimes` is still experimental in Swift 6.3; the header views of `Wire/` are `~Escapable`
/// over a `RawSpan` and do not compile without it.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),  // SE-0335
  .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
  .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
  .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
  name: "gapscope",
  products: [
    .executable(name: "gapscope", targets: ["gapscope"]),
    .library(name: "PacketAnalysis", targets: ["PacketAnalysis"]),
    .library(name: "ReportFormats", targets: ["ReportFormats"]),
    .library(name: "TrafficGenerator", targets: ["TrafficGenerator"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
  ],
  targets: [
    // The data plane: octets in, findings out. Standard library only.
    .target(name: "CPacketSupport"),
    .target(name: "PacketAnalysis", dependencies: ["CPacketSupport"], swiftSettings: settings),

    // Files, standard input, decompression, capture filters.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),
    .target(name: "CMappingGuard"),
    .target(
      name: "CaptureInput",
      dependencies: ["PacketAnalysis", "CMappingGuard", "CZlib", "CZstd", "CLZ4", "CPcap"],
      swiftSettings: settings),

    // Interfaces: packet rings of the kernel, filters in it, what was dropped.
    .target(name: "CPacketRing"),
    .target(
      name: "LiveCapture", dependencies: ["PacketAnalysis", "CPacketRing", "CPcap"],
      swiftSettings: settings),

    // The database. GRDBSQLite is SQLite's C interface, for binding the rows that come in masses.
    .target(
      name: "AnalysisStore",
      dependencies: [
        "PacketAnalysis",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: settings),

    // Views of a report: JSON, CSV, tables.
    .target(name: "ReportFormats", dependencies: ["PacketAnalysis"], swiftSettings: settings),

    // Captures whose truth is known; shares the report's words with the analysis, and nothing else.
    .target(name: "TrafficGenerator", dependencies: ["PacketAnalysis"], swiftSettings: settings),

    // Options from a file and from the environment.
    .target(
      name: "ConfigurationInput",
      dependencies: [
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings),

    // The API and the page over the database.
    .target(
      name: "AnalysisServer",
      dependencies: [
        "AnalysisStore", "ReportFormats", "PacketAnalysis", "CZlib",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
      ],
      exclude: ["Page", "Specification"], swiftSettings: settings, plugins: ["EmbedPage"]),
    // The files of the page, with dygraphs, and the description of the API become a source, so that the program needs
    // none beside it.
    .executableTarget(name: "PageEmbedder"),
    .plugin(name: "EmbedPage", capability: .buildTool(), dependencies: ["PageEmbedder"]),

    // The command: one file per subcommand, no logic.
    .executableTarget(
      name: "gapscope",
      dependencies: [
        "PacketAnalysis", "CaptureInput", "LiveCapture", "ReportFormats", "AnalysisStore",
        "AnalysisServer", "TrafficGenerator", "ConfigurationInput",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    .testTarget(
      name: "PacketAnalysisTests", dependencies: ["PacketAnalysis", "CaptureTestSupport"],
      swiftSettings: settings),
    // What the tests of several targets need.
    .target(
      name: "CaptureTestSupport", dependencies: ["PacketAnalysis", "CZlib", "CZstd", "CLZ4"],
      path: "Tests/CaptureTestSupport", swiftSettings: settings),
    .testTarget(
      name: "CaptureInputTests",
      dependencies: ["CaptureInput", "PacketAnalysis", "CaptureTestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "AnalysisStoreTests",
      dependencies: [
        "AnalysisStore", "PacketAnalysis", "CaptureTestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "ReportFormatsTests", dependencies: ["ReportFormats", "PacketAnalysis"],
      exclude: ["Golden"], swiftSettings: settings),
    .testTarget(
      name: "ConfigurationInputTests", dependencies: ["ConfigurationInput"],
      swiftSettings: settings),
    .testTarget(
      name: "TrafficGeneratorTests", dependencies: ["TrafficGenerator", "CaptureTestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "AnalysisServerTests",
      dependencies: [
        "AnalysisServer", "AnalysisStore", "PacketAnalysis", "CaptureTestSupport",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    // From a capture to its report, against the answers of others and of the generator.
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "CaptureInput", "PacketAnalysis", "ReportFormats", "TrafficGenerator", "CaptureTestSupport",
      ],
      swiftSettings: settings),
    // Runs the command as a process of its own.
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "gapscope", "PageEmbedder", "CaptureTestSupport", "AnalysisStore", "PacketAnalysis",
      ],
      exclude: ["Golden"],
      swiftSettings: settings),
    // Interfaces of network namespaces, in which the tests send captures.
    .executableTarget(name: "FrameSender", path: "Tests/FrameSender"),
    .executableTarget(name: "OlderKernel", path: "Tests/OlderKernel"),
    .testTarget(
      name: "LiveCaptureTests",
      dependencies: [
        "LiveCapture", "CPacketRing", "PacketAnalysis", "AnalysisStore", "gapscope", "FrameSender",
        "CaptureTestSupport", "OlderKernel",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    // Damaged captures through the command: a trap would end the process of the tests.
    .testTarget(
      name: "FuzzTests", dependencies: ["gapscope", "CaptureTestSupport"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

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
    .library(name: "PacketAnalysis", targets: ["PacketAnalysis"])
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
    .target(
      name: "CaptureInput", dependencies: ["PacketAnalysis", "CZlib", "CZstd", "CLZ4", "CPcap"],
      swiftSettings: settings),

    .testTarget(
      name: "PacketAnalysisTests", dependencies: ["PacketAnalysis", "CaptureTestSupport"],
      swiftSettings: settings),
    // What the tests of several targets need.
    .target(
      name: "CaptureTestSupport", path: "Tests/CaptureTestSupport", swiftSettings: settings),
    .testTarget(
      name: "CaptureInputTests",
      dependencies: [
        "CaptureInput", "PacketAnalysis", "CaptureTestSupport", "CZlib", "CZstd", "CLZ4",
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that nobody who builds Gapscope pays for it.
let package = Package(
  name: "gapscope-benchmarks",
  dependencies: [.package(name: "gapscope", path: "..")],
  targets: [
    .target(name: "CMeasure"),
    .executableTarget(
      name: "microbenchmarks",
      dependencies: [
        "CMeasure",
        .product(name: "PacketAnalysis", package: "gapscope"),
        .product(name: "ReportFormats", package: "gapscope"),
        .product(name: "TrafficGenerator", package: "gapscope"),
      ],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)

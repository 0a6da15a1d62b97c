// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// What measures Kassa: a package of its own, so that nothing of it is ever part of the product.
let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "kassa", path: "../.."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "Contest", swiftSettings: strict),
        .executableTarget(name: "bench", dependencies: ["Contest", "CSQLite"], swiftSettings: strict),
        // The server as others would use it, without the rest of Kassa.
        .executableTarget(
            name: "bare-server",
            dependencies: [
                "Contest",
                .product(name: "HTTPServer", package: "kassa"),
                .product(name: "Wire", package: "kassa"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict,
        ),
    ],
)

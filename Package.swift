// swift-tools-version: 6.2
import PackageDescription

/// What every room is built with: the strictest the compiler offers, and no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A room of the house, `Sources/NAME`, and what it may know.
func room(_ name: String, _ knows: [Target.Dependency], _ linked: [LinkerSetting] = []) -> Target {
    .target(name: name, dependencies: knows, swiftSettings: strict, linkerSettings: linked)
}

func tests(_ name: String, _ knows: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: knows, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "kassa",
    products: [
        .executable(name: "kassa", targets: ["kassa"]),
        // The HTTP server by itself: docs/http-server.md.
        .library(name: "HTTPServer", targets: ["HTTPServer", "HTTPMessage"]),
        // For the benchmarks: JSON as Kassa reads it.
        .library(name: "Wire", targets: ["Wire"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CAssets", exclude: ["pages", "sandbox"]),
        .target(name: "CLinux"),
        .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .systemLibrary(name: "CQRCode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        room("Money", []),
        room("Wire", []),
        room("HTTPMessage", [httpTypes]),
        room("HTTPServer", ["HTTPMessage", "CLinux", "COpenSSL", "CZlib", httpTypes, logging]),
        room("TimeAndChance", ["Wire"]),
        room("Klarna", ["Money", "Wire", "TimeAndChance", metrics]),
        room("Checkouts", ["Money", "Wire", "TimeAndChance", "Klarna", crypto, logging, metrics]),
        room("SQLiteStore", ["Money", "Wire", "Klarna", "Checkouts", grdb]),
        room("Settings", [configuration, yams]),
        room("Telemetry", ["Wire", "TimeAndChance", logging, metrics]),
        room(
            "MerchantAPI",
            [
                "HTTPServer", "HTTPMessage", "Checkouts", "Klarna", "Money", "Wire", "CAssets", "Telemetry",
                "TimeAndChance", crypto, httpTypes, logging, metrics, mustache,
            ],
        ),
        room(
            "KlarnaSandbox",
            [
                "HTTPServer", "HTTPMessage", "Money", "Wire", "CAssets", "CQRCode", httpTypes, logging, mustache,
            ],
        ),
        room(
            "KassaApp",
            [
                "MerchantAPI", "KlarnaSandbox", "SQLiteStore", "Settings", "Telemetry", "HTTPServer", "HTTPMessage",
                "Checkouts", "Klarna", "Money", "Wire", "TimeAndChance", argumentParser, lifecycle, unixSignals,
                logging,
                metrics,
            ],
        ),
        .executableTarget(name: "kassa", dependencies: ["KassaApp"], swiftSettings: strict),

        tests("MoneyTests", ["Money"]),
        tests("TimeAndChanceTests", ["TimeAndChance", "Wire"]),
        tests("WireTests", ["Wire"]),
        tests("HTTPMessageTests", ["HTTPMessage", httpTypes]),
        tests("HTTPServerTests", ["HTTPServer", "HTTPMessage", "CLinux", "COpenSSL", "CZlib", httpTypes, logging]),
        tests(
            "KlarnaTests",
            ["Klarna", "Money", "Wire", "TimeAndChance", "KlarnaDocsSupport", metrics, metricsTestKit],
        ),
        tests("CheckoutsTests", ["Checkouts", "SQLiteStore", "Klarna", "Money", "Wire", "TimeAndChance", logging]),
        tests(
            "OrderTests",
            ["Checkouts", "KlarnaSandbox", "SQLiteStore", "Klarna", "Money", "Wire", "TimeAndChance", logging],
        ),
        tests("StoreTests", ["SQLiteStore", "Checkouts", "Simulation", "Klarna", "Money", "Wire", grdb, grdbSQLite]),
        tests("SettingsTests", ["Settings"]),
        tests("TelemetryTests", ["Telemetry", logging, metrics]),
        tests(
            "MerchantAPITests",
            [
                "MerchantAPI", "HTTPServer", "HTTPMessage", "Checkouts", "SQLiteStore", "Klarna", "Money", "Wire",
                "Telemetry", "TimeAndChance", httpTypes, logging, metrics, yams,
            ],
        ),
        tests(
            "KlarnaSandboxTests",
            [
                "KlarnaSandbox", "HTTPServer", "HTTPMessage", "Money", "Wire", "KlarnaDocsSupport", httpTypes, logging,
            ],
        ),
        tests("HouseTests", ["Settings", "Telemetry", "KassaApp"]),
        tests(
            "KassaAppTests",
            [
                "KassaApp", "Settings", "HTTPServer", "HTTPMessage", "Klarna", "Checkouts", "SQLiteStore",
                "MerchantAPI", "Money", "Wire", httpTypes, logging,
            ],
        ),
        tests("EndToEndTests", ["Wire"]),
        tests(
            "RaceTests",
            ["Checkouts", "SQLiteStore", "Klarna", "Money", "TimeAndChance", "Wire", logging],
        ),
        // The simulator: the real code under a virtual clock, on one thread.
        .target(
            name: "Simulation",
            dependencies: ["Checkouts", "Klarna", "KlarnaSandbox", "Money", "Wire", "TimeAndChance", logging],
            path: "Tests/Simulation",
            swiftSettings: strict,
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulation"],
            path: "Tests/Simulate",
            swiftSettings: strict,
        ),
        tests("SimulationTests", ["Simulation"]),
        // The example of docs/http-server.md.
        .executableTarget(
            name: "http-server-example",
            dependencies: ["HTTPServer", "HTTPMessage", httpTypes, logging],
            path: "Tests/HTTPServerExample",
            swiftSettings: strict,
        ),
        .target(
            name: "KlarnaDocsSupport",
            dependencies: ["Wire", yams],
            path: "Tests/KlarnaDocsSupport",
            swiftSettings: strict,
        ),
    ],
)

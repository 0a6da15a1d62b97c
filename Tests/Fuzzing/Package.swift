// swift-tools-version: 6.2
import PackageDescription

/// Fuzzes what reads bytes of strangers: a package of its own, so that nothing of it is ever part of the product.
/// `scripts/fuzz` builds it, with the sanitizers that it needs.
let package = Package(
    name: "fuzzing",
    dependencies: [
        .package(name: "kassa", path: "../.."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .target(name: "CFuzzer"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CFuzzer",
                .product(name: "HTTPServer", package: "kassa"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .strictMemorySafety(),
                .treatAllWarnings(as: .error),
            ],
            // Debian's other linker does not stand what the sanitizers add.
            linkerSettings: [.unsafeFlags(["-use-ld=lld"])],
        ),
    ],
)

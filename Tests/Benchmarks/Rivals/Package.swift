// swift-tools-version: 6.2
import PackageDescription

/// The frameworks that `scripts/bench http` measures Kassa's server beside: a package of its own, so that they are
/// nowhere near the product, nor built when nobody compares.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "rivals",
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        .target(name: "Contest", swiftSettings: strict),
        .executableTarget(
            name: "hummingbird-rival",
            dependencies: ["Contest", .product(name: "Hummingbird", package: "hummingbird")],
            swiftSettings: strict,
        ),
        .executableTarget(
            name: "flyingfox-rival",
            dependencies: [
                "Contest", .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            swiftSettings: strict,
        ),
    ],
)

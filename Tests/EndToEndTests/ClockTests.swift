import Foundation
import Testing
import Wire

/// R18. The machine's clock is set while the service runs, or while it does not; Klarna's is another one anyway.
@Suite("A clock that is set")
struct ClockTests {
    private static let settings = [
        "KASSA_POLLING_WAITING": "500ms", "KASSA_POLLING_IN_PROGRESS": "500ms", "KASSA_RETRY_PLACE": "0s,500ms,1s",
    ]

    @Test(arguments: WallClock.jumps)
    func `R18 loses no payment when it jumps while the service runs`(jump: WallClock.Jump) async throws {
        let time = try WallClock()
        defer { time.close() }
        let street = try await Street(settings: ClockTests.settings.merging(time.environment) { $1 })
        defer { street.close() }
        let before = try await street.openCheckout("before")
        let during = try await street.openCheckout("during")
        // What is being tried when the clock is set comes back in seconds, not in hours.
        try await street.fault("POST", "/payments/v1/authorizations", "close_after", count: 2)
        _ = try await street.act("approve", on: during)
        try await street.waitForRequest(containing: "/order")
        try time.set(jump)
        #expect(try await street.refresh(before).json["status"] == "waiting")
        _ = try await street.waitForStatus("order_placed", of: during)
        _ = try await street.act("approve", on: before)
        _ = try await street.waitForStatus("order_placed", of: before)
        let after = try await street.openCheckout("after")
        _ = try await street.act("approve", on: after)
        _ = try await street.waitForStatus("order_placed", of: after)
        for checkout in [before, during, after] { try await street.expectOneOrder(checkout) }
        // A jump forward is followed, one back is not.
        let times = [before, after].compactMap { $0["created_at"]?.string }.compactMap { Timestamp($0) }
        try #require(times.count == 2)
        #expect(times[1] - times[0] >= .seconds(max(0, jump.hours) * 3600))
    }

    @Test(arguments: WallClock.jumps)
    func `R18 loses no payment when it jumps while the service is down`(jump: WallClock.Jump) async throws {
        let time = try WallClock()
        defer { time.close() }
        let street = try await Street(settings: ClockTests.settings.merging(time.environment) { $1 })
        defer { street.close() }
        // Nobody tells of the payment: the next start has to ask by itself.
        try await street.fault("POST", "/callbacks", "callback_drop", count: 100)
        let waiting = try await street.openCheckout("waiting")
        let placing = try await street.openCheckout("placing")
        try await street.fault("POST", "/payments/v1/authorizations", "close_after", count: 1)
        _ = try await street.act("approve", on: placing)
        _ = try await street.refresh(placing)
        try await street.waitForRequest(containing: "/order")
        street.kill()
        try time.set(jump)
        _ = try await street.act("approve", on: waiting)
        try await street.restart()
        for checkout in [placing, waiting] {
            _ = try await street.waitForStatus("order_placed", of: checkout)
            try await street.expectOneOrder(checkout)
        }
    }

    @Test(arguments: WallClock.jumps)
    func `R18 lets a page expire when Klarna's clock says so, whatever ours says`(jump: WallClock.Jump) async throws {
        let time = try WallClock()
        defer { time.close() }
        let street = try await Street(settings: time.environment)
        defer { street.close() }
        let checkout = try await street.openCheckout("r18")
        try time.set(jump)
        try await street.advanceKlarnasClock(seconds: 47 * 3600 - 60)
        #expect(try await street.refresh(checkout).json["status"] == "waiting")
        try await street.advanceKlarnasClock(seconds: 60 + 180)
        #expect(try await street.refresh(checkout).json["status"] == "expired")
    }
}

/// The clock on the wall of the processes that read it here. Durations go on as they are, as when a clock is set.
struct WallClock {
    struct Jump: Sendable, CustomTestStringConvertible {
        let hours: Int
        var testDescription: String { "\(hours) hours" }
    }

    static let jumps = [Jump(hours: 2), Jump(hours: -2), Jump(hours: 49), Jump(hours: -49)]

    private let directory: URL

    /// Builds the library that stands between the process and its clock.
    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "kassa-clock-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try set(Jump(hours: 0))
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        let source = projectRoot.appending(path: "Tests/Fixtures/clock/wall.c").path
        compiler.arguments = ["clang", "-shared", "-fPIC", "-O1", "-o", library, source]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else {
            throw Failure("clang, which comes with Swift, cannot build \(source)")
        }
    }

    func close() { try? FileManager.default.removeItem(at: directory) }

    var environment: [String: String] { ["LD_PRELOAD": library, "WALL_CLOCK_FILE": file.path] }

    func set(_ jump: Jump) throws {
        try "\(jump.hours * 3600)\n".write(to: file, atomically: true, encoding: .utf8)
    }

    private var library: String { directory.appending(path: "wall.so").path }
    private var file: URL { directory.appending(path: "shift") }
}

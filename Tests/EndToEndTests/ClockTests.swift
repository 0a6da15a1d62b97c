import Foundation
import Testing
import Wire

/// R18. The machine's clock is set while the service runs, or while it does not; Klarna's is another one anyway.
@Suite("A clock that is set", .enabled(if: FakeTime.library != nil, "libfaketime is not installed: run scripts/setup"))
struct ClockTests {
    private static let settings = [
        "KASSA_POLLING_WAITING": "500ms", "KASSA_POLLING_IN_PROGRESS": "500ms", "KASSA_RETRY_PLACE": "0s,500ms,1s",
    ]

    @Test(arguments: FakeTime.jumps)
    func `R18 loses no payment when it jumps while the service runs`(jump: FakeTime.Jump) async throws {
        let time = try FakeTime()
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
    }

    @Test(arguments: FakeTime.jumps)
    func `R18 loses no payment when it jumps while the service is down`(jump: FakeTime.Jump) async throws {
        let time = try FakeTime()
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

    @Test(arguments: FakeTime.jumps)
    func `R18 lets a page expire when Klarna's clock says so, whatever ours says`(jump: FakeTime.Jump) async throws {
        let time = try FakeTime()
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

/// The time that a process under libfaketime reads. Only the clock on the wall moves: durations go on as they are.
struct FakeTime {
    struct Jump: Sendable, CustomTestStringConvertible {
        let hours: Int
        var testDescription: String { "\(hours) hours" }
    }

    static let jumps = [Jump(hours: 2), Jump(hours: -2), Jump(hours: 49), Jump(hours: -49)]

    /// Where Debian and Ubuntu put it, for whichever processor.
    static let library: String? = {
        let root = "/usr/lib"
        let places = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return places.map { "\(root)/\($0)/faketime/libfaketimeMT.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }()

    private let file: URL
    private let name = "/kassa-time-\(UUID())"

    init() throws {
        file = FileManager.default.temporaryDirectory.appending(path: "kassa-time-\(UUID())")
        try set(Jump(hours: 0))
        // The library makes these two itself unless it is given them, and names them in the environment, which it thereby
        // moves: a Swift program, which finds its arguments in front of the environment, then has none. A semaphore of glibc
        // that is 1 and nothing else, and room for a page.
        try Data([1] + [UInt8](repeating: 0, count: 31)).write(to: URL(filePath: "/dev/shm/sem.\(name.dropFirst())"))
        try Data(count: 4096).write(to: URL(filePath: "/dev/shm\(name)"))
    }

    func close() {
        for path in [file.path, "/dev/shm/sem.\(name.dropFirst())", "/dev/shm\(name)"] {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    var environment: [String: String] {
        [
            "LD_PRELOAD": FakeTime.library ?? "", "FAKETIME_TIMESTAMP_FILE": file.path, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_SHARED": "\(name) \(name)",
        ]
    }

    func set(_ jump: Jump) throws {
        try "\(jump.hours < 0 ? "-" : "+")\(abs(jump.hours))h\n".write(to: file, atomically: true, encoding: .utf8)
    }
}

import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
import Testing

@Suite("Limits of connections")
struct ConnectionLimitTests {
    private static func routes(_ router: inout Router) {
        router.onFast(.get, "/health") { _, _ in Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8)) }
    }

    @Test(arguments: [true, false])
    func `one connection too many is told to come back, and may once another has gone`(_ isPerAddress: Bool)
        async throws
    {
        var limits = ServerLimits()
        if isPerAddress {
            limits.sparesLoopback = false
            limits.connectionsPerAddressMax = 2
        } else {
            limits.connectionsMax = 2
        }
        try await TestServer.with(limits, Self.routes) { server in
            let first = try server.client()
            let second = try server.client()
            #expect(try await first.answer(to: get("/health")).status == 200)
            #expect(try await second.answer(to: get("/health")).status == 200)
            let third = try server.client()
            let refused = try await third.answer()
            #expect(refused.status == 503)
            #expect(refused.fields["retry-after"] == "1")
            #expect(refused.closes)
            // Closed by the server after its answer, so it has gone when the end is seen.
            #expect(try await first.answer(to: get("/health", "Connection: close")).status == 200)
            #expect(try await first.rest() == "")
            first.finishSending()
            var status = 503
            while status == 503 {
                let client = try server.client()
                status = ((try? await client.answer(to: get("/health"))) ?? Answer(status: 503)).status
            }
            #expect(status == 200)
        }
    }

    @Test func `a proxy on this machine is not counted as one client`() async throws {
        var limits = ServerLimits()
        limits.connectionsPerAddressMax = 1
        try await TestServer.with(limits, Self.routes) { server in
            let first = try server.client()
            let second = try server.client()
            #expect(try await first.answer(to: get("/health")).status == 200)
            #expect(try await second.answer(to: get("/health")).status == 200)
        }
    }

    @Test func `a connection ends after so many requests`() async throws {
        var limits = ServerLimits()
        limits.requestsPerConnectionMax = 3
        try await TestServer.with(limits, Self.routes) { server in
            let client = try server.client()
            for number in 1...3 {
                #expect(try await client.answer(to: get("/health")).closes == (number == 3))
            }
            #expect(try await client.rest() == "")
        }
    }

    @Test func `answers that nobody reads stop the reading of requests`() async throws {
        var limits = ServerLimits()
        limits.pipelineMax = 2
        try await TestServer.with(limits, Self.routes) { server in
            let client = try server.client()
            try await client.send(String(repeating: get("/health"), count: 51))
            for _ in 0..<51 { #expect(try await client.answer().body == "fine") }
        }
    }

    /// In a process of its own, since it takes away the descriptors of the whole process.
    @Test func `running out of descriptors is survived`() async {
        await #expect(processExitsWith: .success) {
            try await TestServer.with(
                {
                    var limits = ServerLimits()
                    limits.acceptPause = .milliseconds(10)
                    return limits
                }(),
                loops: 1,
                { router in
                    router.onFast(.get, "/health") { _, _ in Response(.ok) }
                },
            ) { server in
                let served = try server.client()
                guard try await served.answer(to: get("/health")).status == 200 else { exit(1) }
                // One for each clock, which the server sees to: Dispatch opens them when they are first needed, and does not
                // survive it when it cannot.
                while ConnectionLimitTests.timerCount < 3 { try await Task.sleep(for: .milliseconds(20)) }
                var held: [Int32] = []
                while true {
                    let raw = dup(0)
                    guard raw >= 0 else { break }
                    held.append(raw)
                    if held.count > 200_000 { exit(2) }
                }
                // The last one goes to the client's end of a connection, for whose other end there is none.
                _ = close(held.removeLast())
                let late = try server.client()
                try await late.send(get("/health"))
                while !server.log.lines.contains(where: { $0.contains("no connections are accepted") }) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                guard try await served.answer(to: get("/health")).status == 200 else { exit(3) }
                for raw in held { _ = close(raw) }
                guard try await late.answer().status == 200 else { exit(4) }
            }
        }
    }

    private static var timerCount: Int {
        (0..<Int32(256)).count { raw in
            var target = [CChar](repeating: 0, count: 64)
            _ = unsafe readlink("/proc/self/fd/\(raw)", &target, target.count - 1)
            return String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                .hasSuffix("[timerfd]")
        }
    }
}

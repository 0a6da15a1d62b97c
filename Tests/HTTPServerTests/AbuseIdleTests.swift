import Foundation
import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
import Synchronization
import Testing

/// Server and clients are processes of their own here: together they would need more descriptors than one process may have.
@Suite("Many connections", .serialized, .timeLimit(.minutes(10)))
struct AbuseIdleTests {
    @Test func `of which 10,000 are idle cost a new client nothing, and all still work`() async throws {
        let meeting = try Meeting()
        async let serving = #expect(processExitsWith: .success) { [path = meeting.path as String] in
            var limits = ServerLimits()
            limits.connectionsMax = 12_000
            // Ten thousand take their time on a busy machine.
            limits.keepAliveTimeout = .seconds(600)
            limits.headTimeout = .seconds(600)
            try await Meeting.serve(at: path, limits)
        }
        async let visiting = #expect(processExitsWith: .success) { [path = meeting.path as String] in
            let port = try await Meeting.port(at: path)
            Meeting.allowDescriptors(12_000)
            let count = Siege.isSanitized ? 500 : 10_000
            let server = try Client(port: port)
            let before = try await Meeting.figures(of: server)
            let peers = try (0..<count).map { try Peer(port: port, lastByte: UInt32(2 + $0 % 50)) }
            for peer in peers { peer.send(get("/health")) }
            for peer in peers { #expect(peer.receive()?.isAnswer(200) == true) }
            let during = try await Meeting.figures(of: server)
            #expect(during.descriptors >= before.descriptors + count)
            if !Siege.isSanitized { #expect(during.bytes - before.bytes < count * 4096) }
            #expect(try await Client(port: port).answer(to: get("/health")).body == "fine")
            for peer in peers { peer.send(get("/health")) }
            for peer in peers { #expect(peer.receive()?.isAnswer(200) == true) }
            for peer in peers { peer.resetAtClose() }
            _ = consume peers
            while try await Meeting.figures(of: server).descriptors > before.descriptors + Footprint.spareDescriptors {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await server.answer(to: get("/end")).status == 200)
        }
        _ = await (serving, visiting)
    }

    @Test func `that outnumber the descriptors wait until there are some again`() async throws {
        let meeting = try Meeting()
        async let serving = #expect(processExitsWith: .success) { [path = meeting.path as String] in
            var limits = ServerLimits()
            limits.acceptPause = .milliseconds(10)
            limits.lingerTimeout = .milliseconds(50)
            try await Meeting.serve(at: path, limits, descriptors: 100)
        }
        async let visiting = #expect(processExitsWith: .success) { [path = meeting.path as String] in
            let port = try await Meeting.port(at: path)
            let server = try Client(port: port)
            let before = try await Meeting.figures(of: server)
            for _ in 1...3 {
                let peers = try (0..<400).map { _ in try Peer(port: port) }
                for peer in peers { peer.send(get("/health", "Connection: close")) }
                // Whoever has a connection is served, and by going away makes room for one that waits.
                #expect(try await server.answer(to: get("/health")).body == "fine")
                for peer in peers { #expect(peer.rest().isAnswer(200)) }
                // Idle ones that stay: nobody else gets in, until they go.
                let idle = try (0..<400).map { _ in try Peer(port: port) }
                #expect(try await server.answer(to: get("/health")).body == "fine")
                for peer in idle { peer.resetAtClose() }
                _ = consume idle
                #expect(try await Client(port: port).answer(to: get("/health")).body == "fine")
            }
            while try await Meeting.figures(of: server).descriptors > before.descriptors + Footprint.spareDescriptors {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await server.answer(to: get("/end")).status == 200)
        }
        _ = await (serving, visiting)
    }

    @Test func `that are idle do not hold up a drain`() async {
        await #expect(processExitsWith: .success) {
            try await TestServer.with { router in
                router.onFast(.get, "/health") { _, _ in Response(.ok) }
            } test: { server in
                let peers = try (0..<(Siege.isSanitized ? 100 : 1000)).map { _ in try Peer(port: server.port) }
                for peer in peers { peer.send(get("/health")) }
                for peer in peers { #expect(peer.receive()?.isAnswer(200) == true) }
                // Far longer than this test may take: it ends because nothing is under way.
                await server.server.shutdown(grace: .seconds(3600))
                for peer in peers { #expect(peer.receive() == []) }
            }
        }
    }
}

/// A directory in which two processes find each other.
private final class Meeting: Sendable {
    let path: String

    init() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-meeting-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.path()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Serves until somebody asks for `/end`, with no more `descriptors` than given.
    static func serve(at path: String, _ limits: ServerLimits, descriptors: Int? = nil) async throws {
        let end = Gate()
        try await TestServer.with(limits) { router in
            router.onFast(.get, "/health") { _, _ in
                Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8))
            }
            router.onFast(.get, "/figures") { _, _ in
                let text = "\(Footprint.descriptors) \(Footprint.anonymousBytes)"
                return Response(.ok, contentType: "text/plain", bytes: Array(text.utf8))
            }
            router.onFast(.get, "/end") { _, _ in
                end.open()
                return Response(.ok)
            }
        } test: { server in
            // Dispatch opens what its timers need at the first sleep, and does not survive it when it cannot.
            try await Task.sleep(for: .milliseconds(100))
            if let descriptors { limitDescriptors(descriptors) }
            try "\(server.port)".write(toFile: path + "/port", atomically: true, encoding: .utf8)
            await end.pass()
        }
    }

    /// Where the server listens, as soon as it does.
    static func port(at path: String) async throws -> Int {
        for _ in 0..<6000 {
            if let text = try? String(contentsOfFile: path + "/port", encoding: .utf8), let port = Int(text) {
                return port
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw ClientError(description: "the server does not come")
    }

    static func figures(of server: Client) async throws -> (descriptors: Int, bytes: Int) {
        let numbers = try await server.answer(to: get("/figures")).body.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { throw ClientError(description: "no figures") }
        return (numbers[0], numbers[1])
    }

    static func allowDescriptors(_ count: Int) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        _ = unsafe getrlimit(resource, &limit)
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        _ = unsafe setrlimit(resource, &limit)
    }

    private static func limitDescriptors(_ count: Int) {
        var limit = rlimit(rlim_cur: rlim_t(count), rlim_max: rlim_t(count))
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

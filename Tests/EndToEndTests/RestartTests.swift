import Foundation
import Testing

@Suite("Restarts", .timeLimit(.minutes(5)))
struct RestartTests {
    @Test func `on a socket that systemd keeps refuse nobody`() async throws {
        try await Self.withDirectory { directory, settings in
            let port = try freePort()
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in(loopbackPort: port)
            let bound = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe bind(listener, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(bound == 0)
            #expect(listen(listener, 1024) == 0)
            let passed = FileHandle(fileDescriptor: listener)

            let old = try await Program(["serve"], in: directory, settings: settings, passing: passed)
            #expect(old.url == "http://127.0.0.1:\(port)")
            #expect(old.log.contains("sockets were passed"))
            let visitors = Visitors(of: old.url)
            try await visitors.come(20)
            old.terminate()
            #expect(old.waitForExit() == 0)
            // Nobody serves now, and yet nobody is refused.
            let new = try await Program(["serve"], in: directory, settings: settings, passing: passed)
            try await visitors.come(20)
            #expect(await visitors.leave() == [])
            new.terminate()
            #expect(new.waitForExit() == 0)
        }
    }

    @Test func `on a port that both processes share refuse nobody`() async throws {
        try await Self.withDirectory { directory, settings in
            let port = try freePort()
            let settings = settings.merging([
                "KASSA_LISTEN": "127.0.0.1:\(port)", "KASSA_LISTEN_REUSE_PORT": "true",
            ]) { $1 }
            let old = try await Program(["serve"], in: directory, settings: settings)
            let before = try Self.listeners(on: port)
            #expect(before > 0)
            let visitors = Visitors(of: old.url)
            try await visitors.come(20)
            async let starting = Program(["serve"], in: directory, settings: settings)
            while try Self.listeners(on: port) < 2 * before { try await Task.sleep(for: .milliseconds(2)) }
            old.terminate()
            let new = try await starting
            #expect(old.waitForExit() == 0)
            try await visitors.come(20)
            #expect(await visitors.leave() == [])
            new.terminate()
            #expect(new.waitForExit() == 0)
        }
    }

    @Test func `on a Unix-domain socket leave nothing behind, and health asks there`() async throws {
        try await Self.withDirectory { directory, settings in
            let path = "\(directory.path)/s"
            let settings = settings.merging([
                "KASSA_LISTEN": "unix:\(path)", "KASSA_PUBLIC_URL": "https://pay.shop.example",
                "KASSA_TRUSTED_PROXIES": "unix", "KASSA_PROXY_PROTOCOL": "true",
            ]) { $1 }
            let health = Command(["health"], in: directory, settings: settings)
            #expect(try await health.outcome().status == 1)
            for _ in 0..<2 {
                let kassa = try await Program(["serve"], in: directory, settings: settings)
                #expect(kassa.url == "unix:\(path)")
                #expect(try await health.outcome().status == 0)
                kassa.terminate()
                #expect(kassa.waitForExit() == 0)
                #expect(!FileManager.default.fileExists(atPath: path))
            }
            // What a killed one leaves is no obstacle.
            let killed = try await Program(["serve"], in: directory, settings: settings)
            killed.kill()
            #expect(FileManager.default.fileExists(atPath: path))
            let next = try await Program(["serve"], in: directory, settings: settings)
            #expect(try await health.outcome().status == 0)
            next.kill()
        }
    }

    /// How many sockets listen on a port of this machine.
    private static func listeners(on port: Int) throws -> Int {
        let hexadecimal = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        // The file has no size of its own, so it is read to where it ends.
        let bytes = try FileHandle(forReadingFrom: URL(filePath: "/proc/net/tcp")).readToEnd() ?? Data()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.map { $0.split(separator: " ") }.count { $0[1].hasSuffix(suffix) && $0[3] == "0A" }
    }

    private static func withDirectory(_ test: (URL, [String: String]) async throws -> Void) async throws {
        let directory = URL(filePath: "/tmp/kassa-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let settings = [
            "KASSA_KLARNA_URL": "http://127.0.0.1:1", "KASSA_KLARNA_USERNAME": "user",
            "KASSA_KLARNA_PASSWORD": "password", "KASSA_DATABASE_URL": "sqlite:\(directory.path)/kassa.db",
        ]
        try await test(directory, settings)
    }
}

/// They come one after the other, each on a connection of its own, until they are sent away.
private final class Visitors: Sendable {
    private let count = Locked(0)
    private let isOpen = Locked(true)
    private let complaints: Task<[String], Never>

    init(of url: String) {
        let exchange = Exchange(method: "GET", url: "\(url)/health/live")
        complaints = Task { [count, isOpen] in
            var complaints: [String] = []
            while isOpen.value {
                do {
                    let answer = try await exchange.answer()
                    if answer.status != 200 { complaints.append("\(answer.status)") }
                } catch {
                    complaints.append("\(error)")
                }
                count.change { $0 += 1 }
            }
            return complaints
        }
    }

    /// Returns once so many more have come and gone.
    func come(_ more: Int) async throws {
        let goal = count.value + more
        while count.value < goal { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// What they complain about.
    func leave() async -> [String] {
        isOpen.value = false
        return await complaints.value
    }
}

import CLinux
import Glibc
import HTTPMessage
import HTTPTypes
import Logging
import Testing

@testable import HTTPServer

@Suite("Listening")
struct ListeningTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func routes(_ router: inout Router) {
        router.onFast(.get, "/who") { request, _ in
            Response(.ok, contentType: "text/plain", bytes: Array("\(request.remoteAddress) \(request.isSecure)".utf8))
        }
    }

    private static func serve(_ server: Server, test: () async throws -> Void) async throws {
        var router = Router { refusal, _ in Response(refusal.status) }
        routes(&router)
        async let run: Void = server.run(router)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await test())
        } catch {
            outcome = .failure(error)
        }
        await server.shutdown(grace: .zero)
        try await run
        try outcome.get()
    }

    private static func answer(_ client: Client) async throws -> Answer {
        try await client.answer(to: get("/who"))
    }

    // MARK: Unix-domain sockets

    @Test func `on a Unix-domain socket serves on all loops, and cleans up behind itself`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/kassa.sock"
            try await TestServer.with(loops: 3, at: .unix(path: path), Self.routes) { _ in
                let clients = try (0..<20).map { _ in try Client(path: path) }
                for client in clients {
                    #expect(try await client.answer(to: get("/who")).body == "unix false")
                    #expect(try await client.answer(to: get("/who")).body == "unix false")
                }
                #expect(try status(path).st_mode & 0o7777 == 0o660)
                #expect(try status(path).st_mode & S_IFMT == S_IFSOCK)
            }
            #expect(throws: SystemError.self) { try status(path) }
        }
    }

    @Test func `on a Unix-domain socket believes its peers only when they are listed`() async throws {
        let fields = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"]
        for (listed, who) in [("unix", "203.0.113.7 true"), ("127.0.0.1", "unix false")] {
            try await TemporaryDirectory.with { directory in
                let path = "\(directory)/s"
                let proxies = try TrustedProxies([listed])
                try await TestServer.with(proxies: proxies, at: .unix(path: path), Self.routes) { _ in
                    let client = try Client(path: path)
                    #expect(try await client.answer(to: get("/who", fields[0], fields[1])).body == who)
                }
            }
        }
    }

    @Test func `on a Unix-domain socket does not count its peers as one client`() async throws {
        var limits = ServerLimits()
        limits.connectionsPerAddressMax = 1
        limits.sparesLoopback = false
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/s"
            try await TestServer.with(limits, at: .unix(path: path), Self.routes) { _ in
                let clients = try (0..<4).map { _ in try Client(path: path) }
                for client in clients { #expect(try await client.answer(to: get("/who")).status == 200) }
            }
        }
    }

    @Test func `replaces a socket that nobody listens on, and no other file`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/s"
            // Bound and left, as by a process that was killed.
            let left = try UnixSocket(bound: path)
            left.close()
            #expect(try status(path).st_mode & S_IFMT == S_IFSOCK)
            let server = Server(logger: Self.logger)
            #expect(try server.bind(.unix(path: path)) == .unix(path: path))
            try await Self.serve(server) {
                let before = try await Self.answer(Client(path: path))
                #expect(before.status == 200)
                // That one lives.
                let second = Server(logger: Self.logger)
                let error = #expect(throws: BindError.self) { try second.bind(.unix(path: path)) }
                #expect(error?.description == "cannot listen on unix:\(path): another server listens there")
                let after = try await Self.answer(Client(path: path))
                #expect(after.status == 200)
            }
            for (name, make) in [
                ("file", { (path: String) in _ = unsafe close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)) }),
                ("directory", { (path: String) in _ = unsafe mkdir(path, 0o700) }),
                ("link", { (path: String) in _ = unsafe symlink("/dev/null", path) }),
            ] {
                let path = "\(directory)/\(name)"
                make(path)
                let inode = try status(path).st_ino
                let error = #expect(throws: BindError.self) { try Server(logger: Self.logger).bind(.unix(path: path)) }
                #expect(error?.reason == "there is a file that is no socket")
                #expect(try status(path).st_ino == inode)
            }
        }
    }

    @Test func `leaves a socket alone that has taken the place of its own`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/s"
            let server = Server(logger: Self.logger)
            _ = try server.bind(.unix(path: path))
            unsafe unlink(path)
            let other = try UnixSocket(bound: path)
            defer { other.close() }
            await server.shutdown(grace: .zero)
            #expect(try status(path).st_mode & S_IFMT == S_IFSOCK)
        }
    }

    @Test func `takes no path that is too long for a socket`() async throws {
        try await TemporaryDirectory.with { directory in
            let longest = directory + "/" + String(repeating: "s", count: 107 - directory.utf8.count - 1)
            let server = Server(logger: Self.logger)
            _ = try server.bind(.unix(path: longest))
            let error = #expect(throws: BindError.self) { try server.bind(.unix(path: longest + "s")) }
            #expect(error?.reason == "the path of a socket has at most 107 bytes, this one 108")
            let nowhere = #expect(throws: BindError.self) { try server.bind(.unix(path: directory + "/no/s")) }
            #expect(nowhere?.reason == "No such file or directory")
            await server.shutdown(grace: .zero)
        }
    }

    // MARK: Sockets that were passed

    @Test func `takes over sockets that listen already`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/s"
            let passed = try UnixSocket(listening: path)
            let tcp = try TCPSocket()
            let server = Server(loops: 2, logger: Self.logger)
            #expect(try server.adopt(passed.duplicate()) == .unix(path: path))
            #expect(try server.adopt(tcp.duplicate()) == ListenAddress(host: "127.0.0.1", port: tcp.port))
            try await Self.serve(server) {
                let overUnix = try await Self.answer(Client(path: path))
                #expect(overUnix.body == "unix false")
                let overTCP = try await Self.answer(Client(port: tcp.port))
                #expect(overTCP.body == "127.0.0.1 false")
            }
            // Whoever opened it keeps it: connections wait for the next server, and are not refused.
            let waiting = try [Client(path: path), Client(port: tcp.port)]
            for client in waiting { try await client.send(get("/who")) }
            let next = Server(loops: 2, logger: Self.logger)
            _ = try next.adopt(passed.duplicate())
            _ = try next.adopt(tcp.duplicate())
            try await Self.serve(next) {
                for client in waiting {
                    let answer = try await client.answer()
                    #expect(answer.status == 200)
                }
            }
            #expect(try status(path).st_mode & S_IFMT == S_IFSOCK)
            passed.close()
            tcp.close()
        }
    }

    @Test func `rests for a while when somebody shuts down a socket that is theirs too`() async throws {
        let socket = try TCPSocket()
        let log = TestLog()
        let server = Server(loops: 1, logger: Logger(label: "test") { _ in log })
        _ = try server.adopt(socket.duplicate())
        try await Self.serve(server) {
            socket.shutDown()
            while !log.lines.contains(where: { $0.hasPrefix("no connections are accepted for a moment") }) {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        socket.close()
    }

    @Test func `takes over nothing else`() throws {
        let server = Server(logger: Self.logger)
        let unopened = #expect(throws: BindError.self) { try server.adopt(1_000_000) }
        #expect(unopened?.description == "cannot listen on descriptor 1000000: it is not open")
        let others = unsafe [
            open("/dev/null", O_RDONLY | O_CLOEXEC), socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0),
            socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0), socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0),
        ]
        for raw in others {
            let error = #expect(throws: BindError.self) { try server.adopt(raw) }
            #expect(error?.reason == "it is no TCP or Unix-domain socket that listens")
        }
    }

    @Test(
        arguments: [
            ("42", "1", 3..<4), ("42", "3", 3..<6), ("42", "1024", 3..<1027), ("41", "1", 3..<3), (nil, "1", 3..<3),
            ("42", nil, 3..<3), ("42", "0", 3..<3), ("42", "-1", 3..<3), ("42", "x", 3..<3), ("", "", 3..<3),
            ("42", "1025", 3..<3), ("42", "2147483647", 3..<3), ("42", "99999999999999999999", 3..<3),
            ("4200000000000", "1", 3..<3),
        ] as [(String?, String?, Range<Int32>)]
    )
    func `knows which sockets are meant for it`(_ processID: String?, _ count: String?, _ sockets: Range<Int32>) {
        #expect(PassedSockets.descriptors(processID: processID, count: count, own: 42) == sockets)
    }

    // MARK: Ports that are shared

    @Test func `gives a port to no more than one of those who ask for it at once`() async throws {
        for _ in 0..<40 {
            let free = try TCPSocket()
            let address = ListenAddress(host: "127.0.0.1", port: free.port)
            free.close()
            let winners = await withTaskGroup(of: Server?.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        let server = Server(loops: 2, logger: Self.logger)
                        return (try? server.bind(address)) == nil ? nil : server
                    }
                }
                return await group.reduce(into: [Server]()) { if let server = $1 { $0.append(server) } }
            }
            // None, where another test was quicker.
            #expect(winners.count <= 1)
        }
    }

    @Test func `shares a port only with servers that share it too`() async throws {
        let first = Server(loops: 2, logger: Self.logger)
        let address = try first.bind(ListenAddress(host: "127.0.0.1", port: 0))
        #expect(throws: BindError.self) {
            try Server(loops: 2, logger: Self.logger).bind(address)
        }
        let second = Server(loops: 2, logger: Self.logger)
        #expect(try second.bind(address, sharesPort: true) == address)
        await first.shutdown(grace: .zero)
        await second.shutdown(grace: .zero)
    }

    @Test func `lets nobody new come to a port that it is about to leave to others`() throws {
        let anywhere = ListenAddress(host: "127.0.0.1", port: 0)
        let opened = try Listener.open(anywhere, tls: nil, count: 1, backlog: 16, sharesPort: true)
        let early = try Client(port: opened.address.port)
        opened.listeners[0].retire()
        let late = try TCPSocket(connecting: opened.address.port)
        defer { late.close() }
        // Over loopback a handshake takes no time at all, unless nobody answers.
        #expect(!late.isConnected)
        let raw = accept(opened.listeners[0].descriptor.raw, nil, nil)
        #expect(raw >= 0)
        _ = close(raw)
        #expect(accept(opened.listeners[0].descriptor.raw, nil, nil) == -1)
        #expect(errno == EAGAIN)
        withExtendedLifetime(early) {}
    }

    @Test func `hands a port over to another server without refusing anybody`() async throws {
        var limits = ServerLimits()
        // Nobody here keeps a connection for long, and a busy machine is no reason to fail.
        limits.lingerTimeout = .seconds(600)
        limits.headTimeout = .seconds(600)
        let old = Server(limits: limits, loops: 2, logger: Self.logger)
        let address = try old.bind(ListenAddress(host: "127.0.0.1", port: 0), sharesPort: true)
        let new = Server(limits: limits, loops: 2, logger: Self.logger)
        try await Self.serve(old) {
            // Connected and silent: a request may be on its way.
            let early = try (0..<20).map { _ in try Client(port: address.port) }
            #expect(try new.bind(address, sharesPort: true) == address)
            try await Self.serve(new) {
                async let shutdown: Void = old.shutdown(grace: .seconds(600))
                for client in early {
                    let answer = try await client.answer(to: get("/who", "Connection: close"))
                    #expect(answer.status == 200)
                    client.reset()
                }
                for _ in 0..<200 {
                    let answer = try await Self.answer(Client(port: address.port))
                    #expect(answer.status == 200)
                }
                await shutdown
                for _ in 0..<20 {
                    let answer = try await Self.answer(Client(port: address.port))
                    #expect(answer.status == 200)
                    #expect(!answer.closes)
                }
            }
        }
    }
}

// MARK: - What listens without a server

private final class UnixSocket {
    private let raw: Int32

    init(bound path: String) throws {
        raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let raw = raw
        let address = [UInt8(AF_UNIX), 0] + Array(path.utf8) + [0]
        let result = unsafe address.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return Int32(-1) }
            return unsafe bind(raw, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard result == 0 else { throw SystemError.last }
    }

    convenience init(listening path: String) throws {
        try self.init(bound: path)
        guard listen(raw, 64) == 0 else { throw SystemError.last }
    }

    func duplicate() -> Int32 { dup(raw) }

    func close() { _ = Glibc.close(raw) }
}

private final class TCPSocket {
    private let raw: Int32
    let port: Int

    /// Begins to connect, and does not wait until it has.
    init(connecting port: Int) throws {
        raw = clinux_socket(AF_INET)
        self.port = port
        let raw = raw
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else { throw SystemError.last }
    }

    /// As one of several owners can.
    func shutDown() { _ = shutdown(raw, Int32(SHUT_RDWR)) }

    var isConnected: Bool {
        var watched = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&watched, 1, 20) == 1
    }

    init() throws {
        raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let raw = raw
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(raw, $0, size) == 0 && listen(raw, 64) == 0 && getsockname(raw, $0, &size) == 0
            }
        }
        port = Int(in_port_t(bigEndian: address.sin_port))
        guard isListening else { throw SystemError.last }
    }

    func duplicate() -> Int32 { dup(raw) }

    func close() { _ = Glibc.close(raw) }
}

private func status(_ path: String) throws -> stat {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw SystemError.last }
    return status
}

/// A directory for as long as a test takes. Its path is short: that of a socket has at most 107 bytes.
private enum TemporaryDirectory {
    static func with(_ test: (String) async throws -> Void) async throws {
        var template = Array("/tmp/kassa-XXXXXX".utf8CString)
        guard let path = unsafe mkdtemp(&template).map({ unsafe String(cString: $0) }) else { throw SystemError.last }
        defer {
            for name in ["s", "kassa.sock", "file", "directory", "link"] { unsafe remove("\(path)/\(name)") }
            unsafe rmdir(path)
        }
        try await test(path)
    }
}

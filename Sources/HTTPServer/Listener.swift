import CLinux
import Glibc

/// Why no connections can come in.
struct ListenFailure: Error {
    let reason: String

    /// What the call said that just failed on this thread.
    static var last: ListenFailure { ListenFailure(reason: SystemError.last.description) }
}

/// A socket on which connections come in.
final class Listener: Sendable {
    let descriptor: Descriptor
    /// Whether all loops accept from it, instead of each from one of its own.
    let isShared: Bool
    /// Whether other processes may take over the port.
    let sharesPort: Bool
    /// What its connections begin with, unless they are plain.
    let tls: TLSContext?
    /// That of a Unix-domain socket which was made here.
    private let file: SocketFile?
    /// How long a port that is shared is kept after ``retire()``, for handshakes that had begun.
    static let handshakeTime = Duration.milliseconds(500)

    private init(
        _ descriptor: consuming Descriptor,
        isShared: Bool,
        sharesPort: Bool = false,
        tls: TLSContext?,
        file: SocketFile? = nil,
    ) {
        self.descriptor = descriptor
        self.isShared = isShared
        self.sharesPort = sharesPort
        self.tls = tls
        self.file = file
    }

    deinit {
        file?.remove()
    }

    /// Lets no further connection come, where that can be done without refusing it, so that those that wait can be
    /// accepted to the last one: the file of a Unix-domain socket goes, and a port that is shared is left to the others.
    func retire() {
        file?.remove()
        // Whoever is ignored sends its packet again within a second or so, and the system then gives it to another one.
        if sharesPort { _ = clinux_ignore_newcomers(descriptor.raw) }
    }

    /// Opens one listener per loop on one port, over which the kernel spreads connections; or the listener of a
    /// Unix-domain socket, which all loops share. With `sharesPort` further processes of this user may listen on the port,
    /// now or later.
    ///
    /// - Returns: a listener for each of `count` loops, and their address with its real port.
    static func open(
        _ address: ListenAddress,
        tls: TLSContext?,
        count: Int,
        backlog: Int,
        sharesPort: Bool,
    ) throws(BindError) -> (listeners: [Listener], address: ListenAddress) {
        do throws(ListenFailure) {
            switch address {
            case .unix(let path):
                let raw = clinux_socket(AF_UNIX)
                guard raw >= 0 else { throw .last }
                let socket = Descriptor(owning: raw)
                let file = try SocketFile(binding: socket, to: path, backlog: backlog)
                let listener = Listener(socket, isShared: true, tls: tls, file: file)
                return (Array(repeating: listener, count: count), address)
            case .network(let host, let port):
                var endpoint = try Endpoint(host: host, port: port)
                var listeners: [Listener] = []
                while listeners.count < count {
                    // Sockets that share a port would share it with another server of this user too, and each would get
                    // some of the connections. The first shares nothing until it listens: then nobody else can.
                    let isAlone = listeners.isEmpty && !sharesPort
                    let socket = try bind(endpoint, sharesPort: !isAlone)
                    endpoint.port = try SocketAddress(of: socket).port
                    guard listen(socket.raw, Int32(clamping: backlog)) == 0 else { throw .last }
                    if isAlone { set(socket.raw, SOL_SOCKET, SO_REUSEPORT) }
                    listeners.append(Listener(socket, isShared: false, sharesPort: sharesPort, tls: tls))
                }
                return (listeners, ListenAddress(host: host, port: endpoint.port))
            }
        } catch {
            throw BindError(place: address.description, reason: error.reason)
        }
    }

    /// Takes over a socket that listens already, for all loops.
    ///
    /// - Returns: the listener and its address.
    static func adopt(
        _ raw: Int32,
        tls: TLSContext?,
    ) throws(BindError) -> (listener: Listener, address: ListenAddress) {
        let place = "descriptor \(raw)"
        guard fcntl(raw, F_GETFD) >= 0 else { throw BindError(place: place, reason: "it is not open") }
        let listener = Listener(Descriptor(owning: raw), isShared: true, tls: tls)
        guard option(raw, SO_TYPE) == Int32(SOCK_STREAM.rawValue), option(raw, SO_ACCEPTCONN) == 1,
            let family = option(raw, SO_DOMAIN), [AF_INET, AF_INET6, AF_UNIX].contains(family)
        else { throw BindError(place: place, reason: "it is no TCP or Unix-domain socket that listens") }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        _ = fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) | O_NONBLOCK)
        do throws(ListenFailure) {
            let address = try SocketAddress(of: listener.descriptor)
            guard let ip = address.ip else { return (listener, .unix(path: address.path)) }
            set(raw, Int32(IPPROTO_TCP), TCP_NODELAY)
            return (listener, .network(host: ip.description, port: address.port))
        } catch {
            throw BindError(place: place, reason: error.reason)
        }
    }

    private static func bind(_ endpoint: Endpoint, sharesPort: Bool) throws(ListenFailure) -> Descriptor {
        let raw = clinux_socket(endpoint.family)
        guard raw >= 0 else { throw .last }
        let descriptor = Descriptor(owning: raw)
        set(raw, SOL_SOCKET, SO_REUSEADDR)
        // Connections inherit it on Linux. Without it an answer in two sends waits for the peer's delayed acknowledgement.
        set(raw, Int32(IPPROTO_TCP), TCP_NODELAY)
        if sharesPort { set(raw, SOL_SOCKET, SO_REUSEPORT) }
        let isBound = unsafe endpoint.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            let pointer = unsafe base.assumingMemoryBound(to: sockaddr.self)
            return unsafe Glibc.bind(raw, pointer, socklen_t(bytes.count)) == 0
        }
        guard isBound else { throw .last }
        return descriptor
    }

    private static func set(_ raw: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        _ = unsafe setsockopt(raw, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Nil when it is no socket.
    private static func option(_ raw: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(raw, SOL_SOCKET, option, &value, &size) == 0 ? value : nil
    }
}

extension SocketAddress {
    /// Where a socket is bound.
    fileprivate init(of socket: borrowing Descriptor) throws(ListenFailure) {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let raw = socket.raw
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(raw, $0, &size) }
        }
        guard result == 0 else { throw .last }
        self.init(storage)
    }
}

/// An address as the system takes it.
struct Endpoint {
    let family: Int32
    var bytes: [UInt8]

    /// May ask a name server, so it blocks; it is done once, before the server runs.
    init(host: String, port: Int) throws(ListenFailure) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
        guard code == 0, let first = unsafe list?.pointee, let pointer = unsafe first.ai_addr else {
            let reason = unsafe gai_strerror(code).map { unsafe String(cString: $0) }
            throw ListenFailure(reason: reason ?? "the host has no address")
        }
        family = unsafe first.ai_family
        bytes = unsafe Array(UnsafeRawBufferPointer(start: pointer, count: Int(first.ai_addrlen)))
    }

    /// Lies behind the family, in network order, for both families.
    var port: Int {
        get { Int(bytes[2]) << 8 | Int(bytes[3]) }
        set {
            bytes[2] = UInt8(truncatingIfNeeded: newValue >> 8)
            bytes[3] = UInt8(truncatingIfNeeded: newValue)
        }
    }
}

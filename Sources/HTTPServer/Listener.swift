import CLinux
import Glibc

/// A socket on which connections come in.
final class Listener: Sendable {
    let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Opens one listener per loop on one address; the kernel spreads connections over them.
    ///
    /// - Returns: the listeners, and their address with its real port.
    static func open(
        _ address: ListenAddress,
        count: Int,
        backlog: Int,
    ) throws(BindError) -> (listeners: [Listener], address: ListenAddress) {
        var endpoint = try Endpoint(resolving: address)
        if address.port != 0 {
            // Sockets that share a port would share it with another server of this user too, and each would get some of
            // the connections. One that shares nothing finds out whether the port is free.
            _ = try bind(endpoint, address, sharesPort: false)
        }
        var listeners: [Listener] = []
        while listeners.count < count {
            let socket = try bind(endpoint, address, sharesPort: true)
            endpoint.port = try port(of: socket, address)
            listeners.append(Listener(socket))
        }
        for listener in listeners {
            guard listen(listener.descriptor.raw, Int32(clamping: backlog)) == 0 else {
                throw BindError(address: address, reason: SystemError.last.description)
            }
        }
        return (listeners, ListenAddress(host: address.host, port: endpoint.port))
    }

    private static func bind(
        _ endpoint: Endpoint,
        _ address: ListenAddress,
        sharesPort: Bool,
    ) throws(BindError) -> Descriptor {
        let raw = clinux_socket(endpoint.family)
        guard raw >= 0 else { throw BindError(address: address, reason: SystemError.last.description) }
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
        guard isBound else { throw BindError(address: address, reason: SystemError.last.description) }
        return descriptor
    }

    private static func set(_ raw: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        _ = unsafe setsockopt(raw, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func port(of socket: borrowing Descriptor, _ address: ListenAddress) throws(BindError) -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let raw = socket.raw
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(raw, $0, &size) }
        }
        guard result == 0 else { throw BindError(address: address, reason: SystemError.last.description) }
        // The port lies behind the family, in network order, for both families.
        let bytes = unsafe withUnsafeBytes(of: &storage) { unsafe Array($0.prefix(4)) }
        return Int(bytes[2]) << 8 | Int(bytes[3])
    }
}

/// An address as the system takes it.
private struct Endpoint {
    let family: Int32
    var bytes: [UInt8]

    /// May ask a name server, so it blocks; it is done once, before the server runs.
    init(resolving address: ListenAddress) throws(BindError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(address.host, String(address.port), &hints, &list)
        defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
        guard code == 0, let first = unsafe list?.pointee, let pointer = unsafe first.ai_addr else {
            let reason = unsafe gai_strerror(code).map { unsafe String(cString: $0) }
            throw BindError(address: address, reason: reason ?? "the host has no address")
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

import Glibc

/// Who is on the other side of a connection, or whom the proxy there speaks for.
struct PeerAddress: Sendable {
    /// Nil on a Unix-domain socket, whose peers have no address.
    let ip: IPAddress?
    /// `127.0.0.1`, `2001:db8::1`, `unix`; an IPv4 address that came over an IPv6 socket is written as IPv4.
    let text: String

    init(_ ip: IPAddress?) {
        self.ip = ip
        text = ip?.description ?? "unix"
    }

    init(_ storage: sockaddr_storage) {
        self.init(SocketAddress(storage).ip)
    }

    var isLoopback: Bool { ip?.isLoopback ?? false }

    /// What counts as one peer: an IPv4 address, or an IPv6 network of 64 bits, of which everybody has all addresses.
    var network: UInt64? {
        guard let ip else { return nil }
        return ip.isIPv4 ? ip.low : ip.high
    }
}

/// An address as the system gives it.
struct SocketAddress {
    let family: Int32
    private let bytes: [UInt8]

    init(_ storage: sockaddr_storage) {
        var storage = storage
        family = Int32(storage.ss_family)
        bytes = unsafe withUnsafeBytes(of: &storage) { unsafe Array($0) }
    }

    /// Nil for a Unix-domain socket.
    var ip: IPAddress? {
        // Both layouts begin with family and port; IPv6 then has four bytes of flow label.
        switch family {
        case AF_INET: IPAddress(bytes[4..<8])
        case AF_INET6: IPAddress(bytes[8..<24])
        default: nil
        }
    }

    /// Lies behind the family, in network order, for both families.
    var port: Int { Int(bytes[2]) << 8 | Int(bytes[3]) }

    /// Of a Unix-domain socket; the name of one that has no file begins with `@`.
    var path: String {
        let name = bytes[2...]
        let isAbstract = name.first == 0 && name.dropFirst().first != 0
        let characters = (isAbstract ? name.dropFirst() : name).prefix { $0 != 0 }
        return (isAbstract ? "@" : "") + String(decoding: characters, as: UTF8.self)
    }
}

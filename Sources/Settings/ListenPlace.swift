/// Where to accept connections: `HOST:PORT`, or `unix:PATH` for a Unix-domain socket.
public enum ListenPlace: Sendable, Hashable, CustomStringConvertible {
    case network(HostAndPort)
    case unix(path: String)

    /// What the system has room for in the address of a socket, less the NUL at its end.
    static let pathBytesMax = 107

    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard (1...ListenPlace.pathBytesMax).contains(path.utf8.count), !path.utf8.contains(0) else { return nil }
            self = .unix(path: String(path))
        } else {
            guard let address = HostAndPort(text) else { return nil }
            self = .network(address)
        }
    }

    /// Whether browsers on this machine find it by its address, and nobody else does.
    var isLoopback: Bool {
        switch self {
        case .network(let address): address.isLoopback
        case .unix: false
        }
    }

    public var description: String {
        switch self {
        case .network(let address): address.description
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Where a server listens: `HOST:PORT` with an IPv6 host in brackets, or `unix:PATH`.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// The host without brackets: `127.0.0.1`, `::1`, `localhost`. Port 0 lets the system choose.
    case network(host: String, port: Int)
    /// A Unix-domain socket, by its file.
    case unix(path: String)

    public init(host: String, port: Int) {
        self = .network(host: host, port: port)
    }

    /// Nil unless `text` is a host and a port from 0 to 65535, or `unix:` and a path.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" }) {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !digits.isEmpty,
            digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = UInt16(digits)
        else { return nil }
        self = .network(host: String(host), port: Int(port))
    }

    /// Nil for a Unix-domain socket.
    public var host: String? {
        guard case .network(let host, _) = self else { return nil }
        return host
    }

    /// 0 for a Unix-domain socket.
    public var port: Int {
        guard case .network(_, let port) = self else { return 0 }
        return port
    }

    public var description: String {
        switch self {
        case .network(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// True when only this machine can reach the address.
    public var isLoopback: Bool {
        guard let host else { return true }
        if host == "::1" || host.lowercased() == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

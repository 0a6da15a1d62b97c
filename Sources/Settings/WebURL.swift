/// An absolute `http` or `https` URL without user, query and fragment: what a base URL or an origin may be.
public struct WebURL: Sendable, Hashable, CustomStringConvertible {
    public let scheme: String
    public let host: String
    /// `nil` when it is the scheme's own.
    public let port: Int?
    /// Empty, or beginning with `/` and not ending with one.
    public let path: String

    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !#""<>\^`{|}?#@"#.utf8.contains($0) }),
            let separator = text.firstRange(of: "://")
        else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[separator.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        let hostEnd = authority.hasSuffix("]") ? authority.endIndex : authority.lastIndex(of: ":") ?? authority.endIndex
        guard let host = HostAndPort.host(authority[..<hostEnd]) else { return nil }
        self.host = host
        if hostEnd == authority.endIndex {
            port = nil
        } else {
            guard let port = HostAndPort.port(authority[authority.index(after: hostEnd)...]), port > 0 else {
                return nil
            }
            self.port = port == (scheme == "https" ? 443 : 80) ? nil : port
        }
        var path = rest[slash...]
        while path.hasSuffix("/") { path = path.dropLast() }
        self.path = String(path)
    }

    /// Scheme, host and port, as browsers compare origins.
    public var origin: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(shown)" + (port.map { ":\($0)" } ?? "")
    }

    public var isLoopback: Bool { HostAndPort.isLoopback(host) }

    /// Without a slash at the end, so that a path can be appended.
    public var description: String { origin + path }

    /// Whether what is sent there can only be read there: https, or plain http that stays on this machine.
    var isConfidential: Bool { scheme == "https" || isLoopback }
}

/// An absolute `http` or `https` URL that came from outside, read strictly: what one program takes for the host, no
/// other may take for something else.
struct WebAddress: Sendable, Hashable {
    /// Scheme, host and port as browsers compare them: in lower case and without the scheme's own port.
    let origin: String
    let isHTTPS: Bool
    /// Whether the host can only be this very machine.
    let isLoopback: Bool

    static let lengthMax = 2000

    /// `nil` for anything odd: user information, a backslash, blanks, control characters, another scheme, a strange
    /// port.
    init?(_ text: String) {
        guard text.utf8.count <= WebAddress.lengthMax,
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !#""<>\^`{|}"#.utf8.contains($0) })
        else { return nil }
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", text.dropFirst(scheme.count).hasPrefix("://") else { return nil }
        let authority = text.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) }
        guard !authority.contains("@"), let (host, port) = WebAddress.hostAndPort(authority) else { return nil }
        isHTTPS = scheme == "https"
        isLoopback = host == "localhost" || host == "[::1]" || WebAddress.isLoopbackIPv4(host)
        let own = isHTTPS ? 443 : 80
        origin = "\(scheme)://\(host)" + (port.map { $0 == own ? "" : ":\($0)" } ?? "")
    }

    /// https, or plain http that stays on this machine.
    var isConfidential: Bool { isHTTPS || isLoopback }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        let end = authority.hasSuffix("]") ? nil : authority.lastIndex(of: ":")
        let host = authority[..<(end ?? authority.endIndex)].lowercased()
        guard isHost(host) else { return nil }
        guard let end else { return (host, nil) }
        let digits = authority[authority.index(after: end)...]
        guard (1...5).contains(digits.count), digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let port = Int(digits), (1...65535).contains(port)
        else { return nil }
        return (host, port)
    }

    /// A name, an IPv4 address, or an IPv6 address in brackets.
    private static func isHost(_ host: String) -> Bool {
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.contains(":") && host.dropFirst().dropLast().allSatisfy { "0123456789abcdef:.".contains($0) }
        }
        return !host.isEmpty && !host.hasPrefix(".") && !host.hasPrefix("-")
            && host.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.-_".contains($0) }
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }
}

/// The origins to which shoppers may be sent back.
public struct ReturnOrigins: Sendable, Hashable {
    private let origins: Set<String>

    /// - Parameter origins: Such as `https://shop.example`. What is no origin allows nothing.
    public init(_ origins: some Sequence<String>) {
        self.origins = Set(origins.compactMap { WebAddress($0)?.origin })
    }

    /// Why a shopper may not be sent there; `nil` when they may.
    func objection(to url: String) -> String? {
        guard let address = WebAddress(url) else {
            return "must be an absolute URL of at most \(WebAddress.lengthMax) plain characters, without a user name"
        }
        guard address.isConfidential else { return "must be an https URL (http only for a loopback host)" }
        guard origins.contains(address.origin) else { return "must begin with an origin that return_origins allows" }
        return nil
    }
}

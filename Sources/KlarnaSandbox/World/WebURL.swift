/// An absolute `http` or `https` URL, taken apart as far as the sandbox has to look into it.
struct WebURL: Sendable {
    let isSecure: Bool
    /// `host` or `host:port`, as written.
    let authority: String
    /// From the first slash on, with the query; empty when there is none.
    let pathAndQuery: String

    /// `nil` unless it is an absolute URL without white space and control characters. Braces are fine: they are HPP's
    /// tags.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") }),
            let separator = text.firstRange(of: "://")
        else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard !rest[..<end].isEmpty, !rest[..<end].contains("@") else { return nil }
        isSecure = scheme == "https"
        authority = String(rest[..<end])
        pathAndQuery = String(rest[end...])
    }

    var isLoopback: Bool {
        let host =
            authority.hasPrefix("[")
            ? String(authority.prefix { $0 != "]" }.dropFirst()) : String(authority.prefix { $0 != ":" })
        return host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    var path: String { String(pathAndQuery.prefix { !"?#".contains($0) }) }

    /// Klarna calls only https URLs; an emulator on the same machine may call plain ones on loopback.
    static func isCallable(_ text: String) -> Bool {
        guard let url = WebURL(text) else { return false }
        return url.isSecure || url.isLoopback
    }
}

import HTTPMessage
import HTTPTypes

/// For whom a request was made, as the fields say that trusted proxies wrote into it.
struct ForwardedClient: Equatable {
    /// Nil when all that is known is a proxy on a Unix-domain socket.
    var ip: IPAddress?
    /// Whether the client came by https.
    var isSecure = false
}

extension TrustedProxies {
    private static let xForwardedFor = HTTPField.Name("X-Forwarded-For")
    private static let xForwardedProto = HTTPField.Name("X-Forwarded-Proto")
    private static let forwarded = HTTPField.Name("Forwarded")

    /// Finds the client of a request that a listed proxy passed on.
    ///
    /// Each proxy adds at the end who came to it, so the list is read from its end for as long as those are listed
    /// proxies themselves: what stands before the first one who is not was written by it. An entry that names nobody
    /// ends the search too; the proxy that wrote it then stands for its client.
    func client(of head: RequestHead, through proxy: IPAddress?) -> ForwardedClient {
        switch fields {
        case .xForwarded:
            // Proxies pass on what the one before found, or write their own: either way the last one is the word of the
            // nearest.
            let scheme = Self.items(Self.xForwardedProto, head).first { _ in true }
            let isSecure = scheme.map(Self.isHTTPS) ?? false
            let hops = Self.items(Self.xForwardedFor, head).map { item in
                Node(item).map { Hop(ip: $0.ip, isSecure: isSecure) }
            }
            return walk(hops, from: ForwardedClient(ip: proxy, isSecure: isSecure))
        case .forwarded:
            return walk(Self.items(Self.forwarded, head).map(Hop.init), from: ForwardedClient(ip: proxy))
        }
    }

    /// `hops` come from the nearest to the farthest; nil is one that is malformed.
    private func walk(_ hops: some Sequence<Hop?>, from proxy: ForwardedClient) -> ForwardedClient {
        var client = proxy
        for hop in hops {
            guard let hop else { break }
            client.isSecure = hop.isSecure
            guard let ip = hop.ip else { break }
            client.ip = ip
            guard lists(ip) else { break }
        }
        return client
    }

    /// The items of a list that may go over several lines, the last one first.
    private static func items(_ name: HTTPField.Name?, _ head: RequestHead) -> some Sequence<Substring> {
        let lines = name.map { head.values(of: $0) } ?? []
        return lines.reversed().lazy.flatMap { piecesFromEnd($0[...], UInt8(ascii: ",")) }
    }

    fileprivate static func isHTTPS(_ scheme: Substring) -> Bool {
        scheme.lowercased() == "https"
    }
}

/// Who came to a proxy, and how.
private struct Hop {
    /// Nil when the proxy does not say it.
    let ip: IPAddress?
    let isSecure: Bool
}

extension Hop {
    /// Reads an element of `Forwarded` (RFC 7239 4): `for="[2001:db8::1]:4711";proto=https`.
    init?(_ element: Substring) {
        var parameters: [String: Substring] = [:]
        for pair in piecesFromEnd(element, UInt8(ascii: ";")) where !pair.isEmpty {
            guard let sign = pair.firstIndex(of: "="), let value = unquoted(pair[sign...].dropFirst()),
                parameters.updateValue(value, forKey: pair[..<sign].lowercased()) == nil
            else { return nil }
        }
        guard let node = parameters["for"].map({ Node($0) }) ?? Node.unnamed else { return nil }
        self.init(ip: node.ip, isSecure: parameters["proto"].map(TrustedProxies.isHTTPS) ?? false)
    }
}

/// How a proxy calls somebody (RFC 7239 6): an address, with or without a port, or nobody.
private struct Node {
    static let unnamed: Node? = Node(ip: nil)

    let ip: IPAddress?

    private init(ip: IPAddress?) {
        self.ip = ip
    }

    /// Nil when it is malformed. An IPv6 address may come without its brackets, which `X-Forwarded-For` mostly leaves out.
    init?(_ text: Substring) {
        if let ip = IPAddress(text) {
            self.ip = ip
            return
        }
        var name = text
        var port = Substring()
        if let colon = text.lastIndex(of: ":"), text.last != "]" {
            name = text[..<colon]
            port = text[colon...].dropFirst()
            guard Self.isPort(port) else { return nil }
        }
        if name.lowercased() == "unknown" || Self.isHidden(name) {
            ip = nil
            return
        }
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
        let address = isBracketed ? name.dropFirst().dropLast() : name
        // Brackets are for IPv6, and an IPv6 address without them has no port.
        guard address.utf8.contains(UInt8(ascii: ":")) == isBracketed, let ip = IPAddress(address) else { return nil }
        self.ip = ip
    }

    private static func isPort(_ text: Substring) -> Bool {
        (text.utf8.allSatisfy { 0x30...0x39 ~= $0 } && UInt16(text) != nil) || isHidden(text)
    }

    /// RFC 7239 6.3: a name that tells nothing.
    private static func isHidden(_ text: Substring) -> Bool {
        text.hasPrefix("_") && text.utf8.count > 1
            && text.utf8.dropFirst().allSatisfy { byte in
                0x30...0x39 ~= byte || 0x61...0x7A ~= byte | 0x20 || [0x2E, 0x5F, 0x2D].contains(byte)
            }
    }
}

/// The pieces between separators outside quotes, the last one first, without the blanks around them.
///
/// They are cut from the end, because there stands what a proxy wrote: a quote that a client has left open before it
/// swallows nothing. Bytes are compared and not characters, since a client's may join with a separator behind them.
private func piecesFromEnd(_ text: Substring, _ separator: UInt8) -> [Substring] {
    let bytes = text.utf8
    var pieces: [Substring] = []
    var end = bytes.endIndex
    var at = end
    var isQuoted = false
    while at > bytes.startIndex {
        at = bytes.index(before: at)
        if bytes[at] == UInt8(ascii: "\"") { isQuoted.toggle() }
        guard bytes[at] == separator, !isQuoted else { continue }
        pieces.append(trimmed(bytes[at..<end].dropFirst()))
        end = at
    }
    pieces.append(trimmed(bytes[..<end]))
    return pieces
}

private func trimmed(_ bytes: Substring.UTF8View) -> Substring {
    var bytes = bytes.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    while bytes.last == UInt8(ascii: " ") || bytes.last == UInt8(ascii: "\t") { bytes.removeLast() }
    return Substring(bytes)
}

/// A token, or what stands in quotes; nil for what no name of a host or an address needs.
private func unquoted(_ value: Substring) -> Substring? {
    let isQuoted = value.utf8.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
    let text = isQuoted ? value.dropFirst().dropLast() : value
    return text.isEmpty || text.utf8.contains { [UInt8(ascii: "\""), UInt8(ascii: "\\")].contains($0) } ? nil : text
}

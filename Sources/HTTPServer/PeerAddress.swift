import Glibc

/// Who is on the other side of a connection.
struct PeerAddress: Sendable {
    /// `127.0.0.1`, `2001:db8::1`; an IPv4 address that came over an IPv6 socket is written as IPv4.
    let text: String
    let isLoopback: Bool
    /// What counts as one peer: an IPv4 address, or an IPv6 network of 64 bits, of which everybody has all addresses.
    let network: UInt64

    init(_ storage: sockaddr_storage) {
        var storage = storage
        let bytes = unsafe withUnsafeBytes(of: &storage) { unsafe Array($0) }
        // Both layouts begin with family and port; IPv6 then has four bytes of flow label.
        if Int32(storage.ss_family) == AF_INET6 {
            let address = Array(bytes[8..<24])
            if address.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) {
                self.init(v4: Array(address[12...]))
            } else {
                self.init(v6: address)
            }
        } else {
            self.init(v4: Array(bytes[4..<8]))
        }
    }

    private init(v4 address: [UInt8]) {
        text = address.map(String.init).joined(separator: ".")
        isLoopback = address[0] == 127
        network = address.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private init(v6 address: [UInt8]) {
        var characters = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = unsafe inet_ntop(AF_INET6, address, &characters, socklen_t(characters.count))
        text = String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        isLoopback = address == [UInt8](repeating: 0, count: 15) + [1]
        network = address.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

import COpenSSL
import Glibc

/// Asks a server on this machine whether it answers, where there is no other client to do it: in a container.
///
/// Its calls block. It looks at no certificate: it sends nothing that would have to be kept from anybody, and where it
/// connects to is this machine.
package struct LocalProbe {
    private let address: ListenAddress
    private let isSecure: Bool
    private let speaksProxyProtocol: Bool
    private let seconds: Int

    /// `speaksProxyProtocol`: whether the server takes this machine for a proxy that begins with a PROXY header.
    package init(_ address: ListenAddress, isSecure: Bool, speaksProxyProtocol: Bool = false, seconds: Int = 2) {
        self.address = address
        self.isSecure = isSecure
        self.speaksProxyProtocol = speaksProxyProtocol
        self.seconds = seconds
    }

    /// The status of the answer to GET; nil when none comes.
    package func status(of path: String) -> Int? {
        _ = signal(SIGPIPE, SIG_IGN)
        guard let socket = connect() else { return nil }
        if speaksProxyProtocol, !send(Array("PROXY UNKNOWN\r\n".utf8), on: socket) { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        let answer = isSecure ? encrypted(request, on: socket) : plain(request, on: socket)
        guard answer.starts(with: Array("HTTP/1.1 ".utf8)) else { return nil }
        return Int(String(decoding: answer.dropFirst(9).prefix(3), as: UTF8.self))
    }

    private func connect() -> Descriptor? {
        let bytes: [UInt8]
        let family: Int32
        switch address {
        case .network(let host, let port):
            guard let endpoint = try? Endpoint(host: host, port: port) else { return nil }
            (bytes, family) = (endpoint.bytes, endpoint.family)
        case .unix(let path):
            guard let address = try? SocketFile.address(path) else { return nil }
            (bytes, family) = (address, AF_UNIX)
        }
        let raw = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard raw >= 0 else { return nil }
        let socket = Descriptor(owning: raw)
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(raw, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }
        guard unsafe SocketFile.call(Glibc.connect, raw, bytes) == 0 else { return nil }
        return socket
    }

    private func send(_ bytes: [UInt8], on socket: borrowing Descriptor) -> Bool {
        unsafe Glibc.send(socket.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private func plain(_ request: [UInt8], on socket: borrowing Descriptor) -> [UInt8] {
        guard send(request, on: socket) else { return [] }
        let raw = socket.raw
        return gather { buffer in unsafe recv(raw, &buffer, buffer.count, 0) }
    }

    private func encrypted(_ request: [UInt8], on socket: borrowing Descriptor) -> [UInt8] {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { return [] }
        defer { unsafe SSL_CTX_free(context) }
        guard let session = unsafe SSL_new(context) else { return [] }
        defer { unsafe SSL_free(session) }
        guard unsafe SSL_set_fd(session, socket.raw) == 1, unsafe SSL_connect(session) == 1,
            unsafe SSL_write(session, request, Int32(request.count)) == request.count
        else { return [] }
        return gather { buffer in unsafe Int(SSL_read(session, &buffer, Int32(buffer.count))) }
    }

    /// Reads at least a status line, if one comes.
    private func gather(_ receive: (inout [UInt8]) -> Int) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while answer.count < 12 {
            let count = receive(&buffer)
            guard count > 0 else { break }
            answer += buffer.prefix(count)
        }
        return answer
    }
}

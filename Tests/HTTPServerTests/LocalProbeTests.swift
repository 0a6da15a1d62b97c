import Foundation
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("A probe of this machine's server")
struct LocalProbeTests {
    /// How a server is reached.
    struct Way: CustomTestStringConvertible {
        var isSecure = false
        var isUnix = false
        var speaksProxyProtocol = false

        static let all = [false, true].flatMap { isSecure in
            [false, true].flatMap { isUnix in
                [false, true].map { Way(isSecure: isSecure, isUnix: isUnix, speaksProxyProtocol: $0) }
            }
        }

        var testDescription: String {
            [isSecure ? "TLS" : "plain", isUnix ? "unix" : "TCP", speaksProxyProtocol ? "PROXY" : nil]
                .compactMap(\.self).joined(separator: " ")
        }

        func serve(_ test: (ListenAddress) async throws -> Void) async throws {
            try await TLSFiles.with { files in
                let context = try TLSContext(certificate: files.certificate, privateKey: files.privateKey)
                let socket = ListenAddress.unix(path: files.path("kassa.sock"))
                try await TestServer.with(
                    tls: isSecure ? context : nil,
                    proxies: speaksProxyProtocol
                        ? TrustedProxies(["127.0.0.1", "unix"], speakProxyProtocol: true) : .none,
                    at: isUnix ? socket : ListenAddress(host: "127.0.0.1", port: 0),
                ) { router in
                    router.onFast(.get, "/health") { _, _ in Response(.noContent) }
                } test: { server in
                    try await test(isUnix ? socket : ListenAddress(host: "127.0.0.1", port: server.port))
                }
            }
        }

        /// Blocks, so it has a thread of its own.
        func ask(_ address: ListenAddress, _ path: String = "/health") async -> Int? {
            let probe = LocalProbe(address, isSecure: isSecure, speaksProxyProtocol: speaksProxyProtocol, seconds: 60)
            return await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: probe.status(of: path)) }
            }
        }
    }

    @Test(arguments: Way.all)
    func `hears the status in every way in which a server is reached`(_ way: Way) async throws {
        try await way.serve { address async throws in
            #expect(await way.ask(address) == 204)
            #expect(await way.ask(address, "/nothing") == 404)
        }
    }

    @Test(arguments: [true, false])
    func `hears nothing where another language is spoken`(_ isSecure: Bool) async throws {
        try await Way(isSecure: isSecure).serve { address async throws in
            // A plain request on a port for TLS gets no answer, a TLS greeting on a plain port one that is none of TLS.
            #expect(await Way(isSecure: !isSecure).ask(address) == nil)
        }
    }

    @Test(arguments: [true, false])
    func `hears nothing where nobody is`(_ isSecure: Bool) async throws {
        try await TLSFiles.with { files in
            let socket = ListenAddress.unix(path: files.path("none.sock"))
            #expect(await Way(isSecure: isSecure).ask(socket) == nil)
        }
    }
}

import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

/// A ``TestServer`` that speaks TLS with a certificate of its own, for as long as a test takes.
struct TLSServer {
    let files: TLSFiles
    let context: TLSContext
    private let server: TestServer

    var port: Int { server.port }
    var log: TestLog { server.log }

    static func with(
        _ limits: ServerLimits = .init(),
        proxies: TrustedProxies = .none,
        _ routes: (inout Router) -> Void = { _ in },
        test: (TLSServer) async throws -> Void,
    ) async throws {
        try await TLSFiles.with { files in
            let context = try TLSContext(certificate: files.certificate, privateKey: files.privateKey)
            try await TestServer.with(limits, tls: context, proxies: proxies) { router in
                routes(&router)
                router.onFast(.get, "/health") { _, _ in
                    Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8))
                }
            } test: { server in
                try await test(TLSServer(files: files, context: context, server: server))
            }
        }
    }

    func client(_ options: TLSWire.Options = .init(), receiveBufferBytes: Int32? = nil) throws -> Client {
        try Client(port: port, receiveBufferBytes: receiveBufferBytes, tls: TLSWire(options))
    }

    /// Whatever others have done: the next client is served.
    func expectHealth() async throws {
        #expect(try await client().answer(to: get("/health")).body == "fine")
    }
}

import Contest
import FlyingFox
import FlyingSocks
import Foundation

/// FlyingFox with the one answer that it is compared by.
@main
enum FlyingFoxRival {
    static func main() async throws {
        let health = Data(Contest.health.utf8)
        let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: 0), logger: .disabled)
        await server.appendRoute("GET /health") { _ in
            HTTPResponse(statusCode: .ok, headers: [.contentType: Contest.contentType], body: health)
        }
        let run = Task { try await server.run() }
        try await server.waitUntilListening()
        if case .ip4(_, let port)? = await server.listeningAddress {
            FileHandle.standardError.write(Data("listening on http://127.0.0.1:\(port)\n".utf8))
        }
        try await run.value
    }
}

import Contest
import Foundation
import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
import Wire

/// `bare-server DIRECTORY [PORT [CERTIFICATE KEY]]`: Kassa's server with nothing of Kassa around it, answering what its
/// rivals answer.
@main
enum BareServer {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let port = arguments.count > 1 ? arguments[1] : "0"
        guard let directory = arguments.first, let address = ListenAddress("127.0.0.1:\(port)") else {
            say("usage: bare-server DIRECTORY [PORT [CERTIFICATE KEY]]")
            exit(64)
        }
        var limits = ServerLimits()
        // As nginx is told beside it: nobody pays for new connections while requests are counted.
        limits.requestsPerConnectionMax = 1_000_000_000
        let server = Server(limits: limits, logger: Logger(label: "bare-server"))
        let tls = arguments.count == 4 ? try TLSContext(certificate: arguments[2], privateKey: arguments[3]) : nil
        say("listening on \(try server.bind(address, tls: tls))")
        try await server.run(try routes(directory: directory))
    }

    private static func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

    private static func routes(directory: String) throws -> Router {
        let health = Response(.ok, contentType: Contest.contentType, bytes: Array(Contest.health.utf8))
        let accepted = Response(.ok, contentType: Contest.contentType, bytes: Array(Contest.accepted.utf8))
        var router = Router { refusal, _ in Response(refusal.status) }
        router.on(.get, "/health") { _, _ in health }
        router.onFast(.get, "/fast") { _, _ in health }
        router.on(.post, "/callback", bodyBytesMax: 64 * 1024) { request, _ in
            let callback = try? JSONDecoder().decode(Callback.self, from: Data(request.body))
            return callback?.isValid == true ? accepted : Response(.badRequest)
        }
        router.on(.post, "/scanned", bodyBytesMax: 64 * 1024) { request, _ in
            let callback = (try? JSON.parse(request.body)).flatMap { Callback($0) }
            return callback?.isValid == true ? accepted : Response(.badRequest)
        }
        router.files(try StaticFiles(directory: directory))
        return router
    }
}

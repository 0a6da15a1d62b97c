import Contest
import Foundation
import Hummingbird

/// Hummingbird as its documentation sets it up, with the routes that it is compared by.
@main
enum HummingbirdRival {
    static func main() async throws {
        let health = ByteBuffer(string: Contest.health)
        let accepted = ByteBuffer(string: Contest.accepted)
        let port = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 0 : 0
        let router = Router()
        router.get("health") { _, _ in
            Response(status: .ok, headers: [.contentType: Contest.contentType], body: .init(byteBuffer: health))
        }
        router.post("callback") { request, context in
            let callback = try await request.decode(as: Callback.self, context: context)
            guard callback.isValid else { throw HTTPError(.badRequest) }
            return Response(
                status: .ok,
                headers: [.contentType: Contest.contentType],
                body: .init(byteBuffer: accepted),
            )
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 1024),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                FileHandle.standardError.write(Data("listening on http://127.0.0.1:\(port)\n".utf8))
            },
        )
        try await application.runService()
    }
}

internal import Checkouts
internal import Crypto
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Wire

/// What Klarna calls. A callback is a hint: it is written down, answered, and then Klarna is asked.
extension API {
    func addCallbackRoutes(to router: inout Router) {
        router.on(.post, "/callbacks/{token}/status", bodyBytesMax: limits.callbackBodyBytesMax) { request, path in
            await answering { () async throws(ProblemDetails) in try await receiveStatus(request, path["token"]) }
        }
    }

    /// Klarna Hosted Payment Page v1, `status_update`: `{event_id, session}`. Answered once it is on the disk.
    private func receiveStatus(_ request: Request, _ token: String) async throws(ProblemDetails) -> Response {
        guard let id = pathSecret.checkoutID(in: token, .callback) else { throw .nothingHere }
        // Klarna's readers do not promise a media type, so none is asked for.
        guard let body = try request.json().object else {
            throw ProblemDetails(.malformedRequest, "The body is not a JSON object.")
        }
        let session = body["session"]
        let given = body["event_id"]?.string.flatMap { (1...255).contains($0.utf8.count) ? $0 : nil }
        let eventID = given ?? "sha256:\(Base64URL.encode(Array(SHA256.hash(data: request.body))))"
        do throws(DeskError) {
            try await desk.receive(
                callback: eventID,
                sessionID: session?["session_id"]?.shortText,
                status: session?["status"]?.shortText,
                for: id,
            )
        } catch {
            guard case .notFound = error else { throw ProblemDetails(error) }
            throw .nothingHere
        }
        return Response(.noContent, fields: [.cacheControl: "no-store"])
    }
}

extension JSON {
    /// A text that may stand in the history: short, as Klarna's ids and words are.
    fileprivate var shortText: String? { string.flatMap { $0.utf8.count <= 255 ? $0 : nil } }
}

internal import Checkouts
internal import Crypto
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Wire

/// What Klarna calls. A callback is a hint: it is written down, answered, and then Klarna is asked.
extension API {
    func addCallbackRoutes(to router: inout Router) {
        for kind in CheckoutDesk.CallbackKind.allCases {
            let pattern = "/callbacks/{token}/\(kind.rawValue)"
            router.on(.post, pattern, bodyBytesMax: limits.callbackBodyBytesMax) { request, path in
                await answering { () async throws(ProblemDetails) in try await receive(kind, request, path["token"]) }
            }
        }
    }

    /// Answered once it is on the disk. Who does not know the secret learns nothing, not even whether the body is well-formed.
    private func receive(
        _ kind: CheckoutDesk.CallbackKind,
        _ request: Request,
        _ token: String,
    ) async throws(ProblemDetails) -> Response {
        guard let id = pathSecret.checkoutID(in: token, .callback) else { throw .nothingHere }
        let word = try CallbackWord(kind, request)
        try await asking(or: .nothingHere) { () async throws(DeskError) in
            try await desk.receive(
                kind,
                callback: word.eventID,
                sessionID: word.sessionID,
                status: word.status,
                for: id,
            )
        }
        return Response(kind.answerStatus, fields: [.cacheControl: "no-store"])
    }
}

extension CheckoutDesk.CallbackKind {
    /// Klarna repeats a notification "until a 200", and all else until any 2xx.
    fileprivate var answerStatus: HTTPResponse.Status {
        switch self {
        case .notification: .ok
        case .status, .authorization, .push: .noContent
        }
    }
}

/// What of a callback is written down: its id, and two words that are no secrets. An authorization's body holds the token
/// itself, so that nothing but its digest leaves this value.
private struct CallbackWord {
    let eventID: String
    var sessionID: String?
    var status: String?

    init(_ kind: CheckoutDesk.CallbackKind, _ request: Request) throws(ProblemDetails) {
        let digest = "sha256:\(Base64URL.encode(Array(SHA256.hash(data: request.body))))"
        switch kind {
        case .status:
            // Klarna Hosted Payment Page v1, `status_update`: `{event_id, session}`.
            let body = try CallbackWord.object(request)
            let given = body["event_id"]?.string.flatMap { (1...255).contains($0.utf8.count) ? $0 : nil }
            eventID = given ?? digest
            sessionID = body["session"]?["session_id"]?.shortText
            status = body["session"]?["status"]?.shortText
        case .authorization:
            // Klarna Payments v1, `merchant_urls.authorization`: `{authorization_token, session_id}`.
            sessionID = try CallbackWord.object(request)["session_id"]?.shortText
            eventID = "\(kind.rawValue):\(digest)"
        case .notification:
            // Klarna Order Management v1, "Pending orders": `{order_id, event_type}`. Repeated for a day: one event each.
            status = try CallbackWord.object(request)["event_type"]?.shortText
            eventID = "\(kind.rawValue):\(digest)"
        case .push:
            // Klarna Checkout v3, `merchant_urls.push`: all it says is in its URL.
            eventID = "\(kind.rawValue):\(digest)"
        }
    }

    /// Klarna's readers do not promise a media type, so none is asked for.
    private static func object(_ request: Request) throws(ProblemDetails) -> JSONObject {
        guard let body = try request.json().object else {
            throw ProblemDetails(.malformedRequest, "The body is not a JSON object.")
        }
        return body
    }
}

extension JSON {
    /// A text that may stand in the history: short, as Klarna's ids and words are.
    fileprivate var shortText: String? { string.flatMap { $0.utf8.count <= 255 ? $0 : nil } }
}

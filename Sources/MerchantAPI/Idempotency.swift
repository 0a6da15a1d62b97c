internal import Checkouts
internal import Crypto
internal import HTTPMessage
internal import HTTPTypes
internal import Logging
internal import Wire

/// Gives the same answer to the same request: the caller's promise, an `Idempotency-Key`, kept on our side.
struct Idempotency: Sendable {
    let store: any Store
    let clock: @Sendable () -> Timestamp
    let logger: Logger
    /// How long one try may take, and a crash may hold up the next. Longer than Klarna's calls can last together.
    let lease = Duration.seconds(120)

    /// What a piece of work may need to know of the key it is done under.
    typealias Work = (_ claim: IdempotencyClaim?, _ resuming: Checkout.ID?) async throws(ProblemDetails) -> Response

    /// Does the work, once for each key: a repetition is answered with what was answered before. `scope` says whose key
    /// it is; the method and path are added here. Where a key is `required`, there is no work without one.
    func answer(
        _ request: Request,
        scope: String,
        required: Bool = false,
        _ work: Work,
    ) async throws(ProblemDetails) -> Response {
        guard let key = try Idempotency.key(of: request) else {
            guard !required else {
                throw ProblemDetails(
                    .idempotencyKeyRequired,
                    "Send an `Idempotency-Key`, a new one for each intention: what moves money must not be done twice.",
                )
            }
            return try await work(nil, nil)
        }
        let request = IdempotentRequest(
            scope: "\(scope) \(request.method.rawValue) \(request.path)",
            key: key,
            fingerprint: Base64URL.encode(Array(SHA256.hash(data: request.body))),
        )
        switch try await begin(request) {
        case .ours(let claim, let resuming):
            return await finish(claim, work: work, resuming: resuming)
        case .answered(let answer):
            return Idempotency.replay(answer)
        case .inFlight(let wait):
            var problem = ProblemDetails(.idempotencyKeyInFlight, "A request with this key is being worked on.")
            // Most are done long before their lease ends, which is there for a crash.
            problem.retryAfter = min(wait, .seconds(1))
            throw problem
        case .otherBody:
            throw ProblemDetails(.idempotencyKeyReused, "This key was used with another body: take a new one.")
        }
    }

    private static func key(of request: Request) throws(ProblemDetails) -> String? {
        let values = request.values(of: .idempotencyKey)
        guard let key = values.first else { return nil }
        guard values.count == 1, (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw ProblemDetails(
                .malformedRequest,
                "Idempotency-Key must be given once, as 1 to 255 visible ASCII characters.",
            )
        }
        return key
    }

    private func begin(_ request: IdempotentRequest) async throws(ProblemDetails) -> IdempotentStart {
        do throws(StoreError) {
            return try await store.begin(request, lease: lease, at: clock())
        } catch {
            throw ProblemDetails(error)
        }
    }

    private func finish(_ claim: IdempotencyClaim, work: Work, resuming: Checkout.ID?) async -> Response {
        let response: Response
        do throws(ProblemDetails) {
            response = try await work(claim, resuming)
        } catch {
            response = error.response
        }
        do throws(StoreError) {
            // What was our fault or Klarna's is not kept: the same key tries again and goes on where this try stopped.
            let answer = response.status.code < 500 ? StoredAnswer(response) : nil
            try await store.end(claim, answer: answer, at: clock())
        } catch {
            // The work is done; a repetition finds it and gives an equal answer.
            logger.warning("an answer could not be kept for its idempotency key", metadata: ["error": "\(error)"])
        }
        return response
    }

    private static func replay(_ answer: StoredAnswer) -> Response {
        var fields: HTTPFields = [.idempotentReplayed: "true"]
        for field in answer.fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            fields.append(HTTPField(name: name, value: field.value))
        }
        return Response(HTTPResponse.Status(code: answer.status), fields: fields, body: .bytes(answer.body))
    }
}

extension IdempotencyClaim? {
    /// Whose request it is, for what is to be known again by it.
    var asker: CheckoutDesk.Asker? { map { CheckoutDesk.Asker($0) } }
}

extension StoredAnswer {
    /// `nil` for an answer that is not held in memory; none here is.
    fileprivate init?(_ response: Response) {
        let body: [UInt8]
        switch response.body {
        case .none: body = []
        case .bytes(let bytes): body = bytes
        case _: return nil
        }
        self.init(
            status: response.status.code,
            fields: response.fields.map { Field($0.name.canonicalName, $0.value) },
            body: body,
        )
    }
}

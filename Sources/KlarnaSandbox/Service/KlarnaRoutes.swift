import HTTPMessage
import HTTPServer
import HTTPTypes
import Wire

/// Klarna's own paths.
extension SandboxService {
    /// Klarna takes bodies of up to a megabyte.
    static let bodyBytesMax = 1_000_000

    func addKlarna(to router: inout Router) {
        for endpoint in Endpoint.all {
            guard let method = HTTPRequest.Method(endpoint.method) else { continue }
            router.on(method, endpoint.pattern, bodyBytesMax: SandboxService.bodyBytesMax) { [self] request, _ in
                try await answer(request) { world, now in (world.answer(call(request), at: now), []) }
            }
        }
    }

    /// What no route answers: a path or method that Klarna does not have, or a request that is too large.
    func refuse(_ refusal: Refusal, _ request: Request?) -> Response {
        withState { state, now in
            if let request, [404, 405].contains(refusal.status.code), isKlarna(request.path) {
                return Response(state.world.answer(call(request), at: now))
            }
            var klarna = SandboxService.inKlarnasWords(refusal)
            klarna.allow = refusal.allow.map(\.rawValue)
            return Response(state.world.refuse(klarna))
        }
    }

    private static func inKlarnasWords(_ refusal: Refusal) -> KlarnaRefusal {
        guard refusal.status != .contentTooLarge else {
            return KlarnaRefusal(413, "REQUEST_TOO_LARGE", "Request is too large")
        }
        let code = refusal.status.reasonPhrase.uppercased().map { $0.isLetter ? String($0) : "_" }.joined()
        return KlarnaRefusal(refusal.status.code, code, refusal.reason)
    }

    /// Does the work, unless a fault on order has something else in mind, and keeps a record of it.
    func answer(
        _ request: Request,
        _ work: (inout SandboxWorld, Timestamp) throws -> (KlarnaAnswer, [Callback]),
    ) async throws -> Response {
        let (answer, fault) = withState { state, now -> (KlarnaAnswer, Fault?) in
            let fault = state.faults.take(request.method.rawValue, [request.path], forCallback: false)
            let answer: KlarnaAnswer
            switch fault?.effect {
            case .status(let status): answer = state.world.refuse(.fault(status))
            case .closeBefore: answer = KlarnaAnswer(0)
            case .delay, .closeAfter, .garbage, .callbackDrop, .callbackDuplicate, .callbackDelay, nil:
                do {
                    let (done, callbacks) = try work(&state.world, now)
                    enqueue(callbacks, in: &state, at: now)
                    answer = done
                } catch let refusal as KlarnaRefusal {
                    answer = state.world.refuse(refusal)
                } catch {
                    answer = state.world.refuse(.fault(500))
                }
            }
            state.requests.append(record(request, answer, fault, at: now))
            return (answer, fault)
        }
        switch fault?.effect {
        case .closeBefore, .closeAfter: throw ConnectionAbort()
        case .delay(let duration): try await Task.sleep(for: duration)
        case .garbage:
            return Response(.ok, contentType: "application/json", bytes: Array("\u{0}{\"not\": json".utf8))
        case .status, .callbackDrop, .callbackDuplicate, .callbackDelay, nil: break
        }
        return Response(answer)
    }

    private func call(_ request: Request) -> KlarnaCall {
        KlarnaCall(
            method: request.method == .head ? "GET" : request.method.rawValue,
            path: request.path,
            authorization: request[.authorization],
            contentType: request[.contentType],
            body: request.body,
            baseURL: baseURL(request.authority),
        )
    }

    private func record(_ request: Request, _ answer: KlarnaAnswer, _ fault: Fault?, at now: Timestamp) -> RequestRecord
    {
        let isLost = fault?.effect == .closeBefore || fault?.effect == .closeAfter
        return RequestRecord(
            at: now,
            method: request.method.rawValue,
            path: request.path,
            idempotencyKey: idempotencyKey.flatMap { request[$0] },
            body: request.body,
            status: isLost ? nil : answer.status,
            correlationID: answer.fields["klarna-correlation-id"],
            fault: fault?.text,
        )
    }

    private func isKlarna(_ path: String) -> Bool {
        ["/payments/", "/hpp/", "/ordermanagement/", "/customer-token/", "/checkout/"].contains { path.hasPrefix($0) }
    }
}

private let idempotencyKey = HTTPField.Name("Klarna-Idempotency-Key")

extension KlarnaRefusal {
    /// What Klarna says with this status when it is in trouble.
    fileprivate static func fault(_ status: Int) -> KlarnaRefusal {
        switch status {
        case 401: .unauthorized
        case 429: .tooManyRequests
        case 500: KlarnaRefusal(500, "INTERNAL_SERVER_ERROR", "Internal error")
        case 503: KlarnaRefusal(503, "SERVICE_UNAVAILABLE", "Service unavailable")
        case _: KlarnaRefusal(status, "SANDBOX_FAULT", "This answer was ordered with POST /sandbox/faults")
        }
    }
}

extension Response {
    init(_ answer: KlarnaAnswer) {
        var fields = HTTPFields()
        for (name, value) in answer.fields.sorted(by: { $0.key < $1.key }) {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let status = HTTPResponse.Status.named(answer.status)
        if let contentType = answer.contentType {
            self.init(status, contentType: contentType, bytes: answer.body, fields: fields)
        } else {
            self.init(status, fields: fields)
        }
    }
}

extension HTTPResponse.Status {
    /// The status of a code, with its phrase where the sandbox gives it often.
    fileprivate static func named(_ code: Int) -> HTTPResponse.Status {
        let known: [HTTPResponse.Status] = [
            .ok, .created, .noContent, .seeOther, .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed,
            .conflict, .gone, .contentTooLarge, .unsupportedMediaType, .tooManyRequests, .internalServerError,
            .serviceUnavailable,
        ]
        return known.first { $0.code == code } ?? HTTPResponse.Status(code: code)
    }
}

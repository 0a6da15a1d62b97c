import HTTPMessage
import HTTPServer
import HTTPTypes
import Wire

/// Klarna's own paths.
extension SandboxService {
    /// Klarna tells no limit: a thousand lines, each as long as it may be, have room.
    static let bodyBytesMax = 8 << 20

    func addKlarna(to router: inout Router) {
        for endpoint in Endpoint.all {
            guard let method = HTTPRequest.Method(endpoint.method) else { continue }
            router.on(method, endpoint.pattern, bodyBytesMax: SandboxService.bodyBytesMax) { [self] request, _ in
                let call = call(request)
                return try await answer(request, call: call) { world, now in (world.answer(call, at: now), []) }
            }
        }
    }

    /// What no route answers: a path or method that Klarna does not have, or a request that is too large.
    func refuse(_ refusal: Refusal, _ request: Request?) -> Response {
        withState { state, now in
            if let request, [404, 405].contains(refusal.status.code), isKlarna(request.path) {
                return Response(state.world.perform(call(request), at: now))
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

    /// Does the work, unless a fault has something else in mind, and keeps a record of it.
    ///
    /// A request for Klarna itself comes with its `call`, one for a page without.
    func answer(
        _ request: Request,
        call: KlarnaCall? = nil,
        _ work: (inout SandboxWorld, Timestamp) throws -> (KlarnaAnswer, [Callback]),
    ) async throws -> Response {
        let (answer, fault) = withState { state, now -> (KlarnaAnswer, FaultEffect?) in
            let fault = state.takeFault(for: request, isKlarnas: call != nil)
            let answer: KlarnaAnswer
            switch fault {
            case .status(let status): answer = state.world.refuse(.trouble(status))
            case .html(let status): answer = .edgePage(status)
            case .rateLimit(let seconds):
                var refused = state.world.refuse(.tooManyRequests)
                refused.fields["Retry-After"] = String(seconds)
                answer = refused
            case .closeBefore: answer = .unanswered
            case .late(let delay) where call != nil:
                if let call { state.world.leaveUnanswered(call, workAt: now + delay) }
                answer = .unanswered
            case .late, .delay, .closeAfter, .garbage, .truncated, .oversized, .callbackDrop, .callbackDuplicate,
                .callbackDelay, .callbackReorder, .callbackSilence, nil:
                do {
                    let (done, callbacks) = try work(&state.world, now)
                    enqueue(callbacks, in: &state, at: now)
                    answer = done
                } catch let refusal as KlarnaRefusal {
                    answer = state.world.refuse(refusal)
                } catch {
                    answer = state.world.refuse(.trouble(500))
                }
            }
            state.requests.append(record(request, answer, fault, at: now))
            return (answer, fault)
        }
        guard answer.isAnswered else { throw ConnectionAbort() }
        switch fault {
        case .closeBefore, .closeAfter, .late: throw ConnectionAbort()
        case .delay(let duration): try await Task.sleep(for: duration)
        case .garbage:
            return Response(.ok, contentType: "application/json", bytes: Array("\u{0}{\"not\": json".utf8))
        case .truncated: return Response(answer).truncated
        case .oversized: return Response(answer).oversized
        case .status, .html, .rateLimit, .callbackDrop, .callbackDuplicate, .callbackDelay, .callbackReorder,
            .callbackSilence, nil:
            break
        }
        return Response(answer)
    }

    private func call(_ request: Request) -> KlarnaCall {
        KlarnaCall(
            method: request.method == .head ? "GET" : request.method.rawValue,
            path: request.path,
            authorization: request[.authorization],
            contentType: request[.contentType],
            idempotencyKey: idempotencyKey.flatMap { request[$0] },
            body: request.body,
            baseURL: baseURL(request.authority),
        )
    }

    private func record(
        _ request: Request,
        _ answer: KlarnaAnswer,
        _ fault: FaultEffect?,
        at now: Timestamp,
    ) -> RequestRecord {
        let isLost =
            switch fault {
            case .closeAfter, .late: true
            case _: !answer.isAnswered
            }
        return RequestRecord(
            at: now,
            method: request.method.rawValue,
            path: request.path,
            idempotencyKey: idempotencyKey.flatMap { request[$0] },
            body: request.body,
            status: isLost ? nil : answer.status,
            correlationID: answer.fields["Klarna-Correlation-Id"],
            fault: fault,
        )
    }

    private func isKlarna(_ path: String) -> Bool {
        ["/payments/", "/hpp/", "/ordermanagement/", "/customer-token/", "/checkout/"].contains { path.hasPrefix($0) }
    }
}

private let idempotencyKey = HTTPField.Name("Klarna-Idempotency-Key")

import HTTPMessage
import HTTPTypes
import Logging

// From what the peer's bytes have come to, to an answer.
extension Connection {
    func take(_ event: HTTPConnection.Event) {
        switch event {
        case .head(let head): take(head)
        case .body(let body):
            serve(isBodyWanted ? body : [])
        case .rejected(let rejection):
            answer(loop.routing.refuse(Refusal(rejection.status, rejection.reason), request(body: [])))
        case .ended:
            if outbox.isEmpty { close() }
        }
    }

    private func take(_ head: RequestHead) {
        decision = loop.routing.decide(head.method, head.path)
        if head.isForHTTPS, request(body: [])?.isSecure != true { decision = .refuse(.misdirected) }
        let route = route(forBodyOf: head.method)
        // What nobody wants is read to its end and thrown away, because the next request begins there; but who asks first
        // whether to send it has the answer.
        guard route != nil || head.bringsBody else { return serve([]) }
        switch http.readBody(upTo: route?.bodyBytesMax ?? loop.limits.discardBytesMax) {
        case .reading: break
        case .readingAfterContinue: outbox.append { $0 += ResponseFraming.continueLine }
        case .tooLong: answer(loop.routing.refuse(.bodyTooLong, request(body: [])))
        }
    }

    /// Nil when nobody wants the body of the request under way.
    private func route(forBodyOf method: HTTPRequest.Method) -> Route? {
        guard case .run(let route, _)? = decision, route.wantsBody(of: method) else { return nil }
        return route
    }

    private var isBodyWanted: Bool {
        http.head.flatMap { route(forBodyOf: $0.method) } != nil
    }

    private func serve(_ body: [UInt8]) {
        guard let request = request(body: body), let decision else { return }
        self.decision = nil
        switch decision {
        case .run(let route, let parameters):
            switch route.action {
            case .fast(let handler):
                answer(loop.routing.finish(handler(request, parameters), request))
            case .handler:
                start { [loop] in
                    await loop.routing.run(route, request, parameters) { error in
                        // The pattern and not the path, which may hold a secret.
                        loop.logger.error(
                            "a handler failed",
                            metadata: ["route": "\(route.pattern)", "error": "\(error)"],
                        )
                    }
                }
            }
        case .serveFile:
            if let response = loop.routing.serveFileAtOnce(request) {
                answer(response)
            } else {
                start { [loop] in await loop.routing.serveFile(request) }
            }
        case .refuse(let refusal):
            answer(loop.routing.refuse(refusal, request))
        case .allow(let methods):
            answer(loop.routing.allow(methods, request))
        }
    }

    /// Runs `work` on the loop's thread, here and now up to where it first suspends.
    private func start(_ work: @escaping @Sendable () async -> Response?) {
        loop.taskCount += 1
        let tasksBefore = loop.taskCount
        let task = Task.immediate(executorPreference: loop) { self.complete(await work()) }
        // Counted down again means that it has ended already.
        self.task = loop.taskCount == tasksBefore ? task : nil
    }

    private func complete(_ response: Response?) {
        precondition(loop.isOnThread, "a handler's task ends on its loop")
        loop.taskCount -= 1
        task = nil
        guard let response else { return close() }
        answer(response)
        advance()
    }

    private func request(body: [UInt8]) -> Request? {
        http.head.map { request($0, body: body) }
    }
}

import HTTPMessage
import HTTPTypes
import Logging

// From what the peer's bytes have come to, to an answer.
extension Connection {
    func take(_ event: HTTPConnection.Event) {
        switch event {
        case .head(let head): take(head)
        case .body(let body): serve(body)
        case .rejected(let rejection):
            answer(loop.router.refuse(Refusal(rejection.status, rejection.reason), request(body: [])))
        case .ended:
            if outbox.isEmpty { close() }
        }
    }

    private func take(_ head: RequestHead) {
        let decision = loop.router.decide(head.method, head.path)
        self.decision = decision
        // Nothing but a route wants a body. What comes of another one is discarded after the answer.
        guard case .run(let route, _) = decision else { return serve([]) }
        switch http.readBody(upTo: route.bodyBytesMax) {
        case .reading: break
        case .readingAfterContinue: outbox.append { $0 += ResponseFraming.continueLine }
        case .tooLong: answer(loop.router.refuse(.bodyTooLong, request(body: [])))
        }
    }

    private func serve(_ body: [UInt8]) {
        guard let request = request(body: body), let decision else { return }
        self.decision = nil
        let router = loop.router
        switch decision {
        case .run(let route, let parameters):
            switch route.action {
            case .fast(let handler):
                answer(router.finish(handler(request, parameters), request))
            case .handler:
                let logger = loop.logger
                start {
                    await router.run(route, request, parameters) { error in
                        // The pattern and not the path, which may hold a secret.
                        logger.error("a handler failed", metadata: ["route": "\(route.pattern)", "error": "\(error)"])
                    }
                }
            }
        case .serveFile:
            if let response = router.serveFileAtOnce(request) {
                answer(response)
            } else {
                start { await router.serveFile(request) }
            }
        case .refuse(let refusal):
            answer(router.refuse(refusal, request))
        case .allow(let methods):
            answer(router.allow(methods, request))
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
        http.head?.request(remoteAddress: peer.text, body: body)
    }
}

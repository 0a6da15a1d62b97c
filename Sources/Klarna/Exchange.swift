internal import Dispatch
internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// One request under way. It ends once, by an answer, a failure, a deadline or the caller's cancelling, whichever is first.
final class Exchange: Sendable {
    private struct State {
        var outcome: Result<InboundResponse, TransportError>?
        var waiting: CheckedContinuation<Result<InboundResponse, TransportError>, Never>?
        var head: (status: Int, fields: [(name: String, value: String)])?
        var body: [UInt8] = []
        /// Whether libcurl has taken a part of the body: from then on the peer may have the whole request.
        var hasTakenBody = false
        var isConnectOverdue = false
    }

    private let request: OutboundRequest
    private let task: URLSessionDataTask
    private let state = Mutex(State())

    init(_ request: OutboundRequest, _ task: URLSessionDataTask) {
        self.request = request
        self.task = task
    }

    /// Sends the request and waits until the exchange has ended.
    func answer() async -> Result<InboundResponse, TransportError> {
        task.resume()
        async let _ = watch()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state in
                    if state.outcome == nil { state.waiting = continuation }
                    return state.outcome
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            abandon(.failure(.lost(reason: "the call was given up")))
        }
    }

    /// Keeps the time, until it is cancelled with the call.
    private func watch() async {
        do {
            guard request.body != nil else {
                try await Task.sleep(for: request.timeout)
                return abandon(.failure(.lost(reason: "no answer within \(request.timeout)")))
            }
            try await Task.sleep(for: request.connectTimeout)
            if expireConnect() { cancel() }
            try await Task.sleep(for: request.timeout - request.connectTimeout)
            abandon(.failure(.lost(reason: "no answer within \(request.timeout)")))
        } catch {
            // The call is over.
            return
        }
    }

    /// True when the request has not begun to leave. The task's end then tells whether it did at the last moment.
    private func expireConnect() -> Bool {
        state.withLock { state in
            state.isConnectOverdue = !state.hasTakenBody && state.head == nil
            return state.isConnectOverdue
        }
    }

    private func end(_ outcome: Result<InboundResponse, TransportError>) {
        let waiting = state.withLock { state -> CheckedContinuation<Result<InboundResponse, TransportError>, Never>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            state.body = []
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: outcome)
    }

    /// Ends it by our own will. What still comes of the task finds an exchange that has ended.
    private func abandon(_ outcome: Result<InboundResponse, TransportError>) {
        end(outcome)
        cancel()
    }

    /// Cancelling waits for the session's work queue, for as much as a second under a fast stream. Neither a thread of the
    /// cooperative pool nor the delegate's queue, which is everybody's, may be held up by that.
    private func cancel() {
        DispatchQueue.global().async { [task] in task.cancel() }
    }
}

/// What the session reports.
extension Exchange {
    func bodyTaken() {
        state.withLock { $0.hasTakenBody = true }
    }

    func received(_ response: URLResponse) {
        guard let head = Exchange.head(response) else {
            return abandon(.failure(.lost(reason: "the answer is not HTTP")))
        }
        guard response.expectedContentLength <= Int64(request.bodyBytesMax) else { return endTooLong() }
        state.withLock { $0.head = head }
    }

    /// An answer that is kept from us unless we take it here, without its body.
    func challenged(_ response: URLResponse?) {
        guard let response, let head = Exchange.head(response) else {
            return abandon(.failure(.lost(reason: "the challenge has no answer")))
        }
        abandon(.success(InboundResponse(status: head.status, fields: head.fields)))
    }

    func received(_ data: Data) {
        let isTooLong = state.withLock { state in
            guard state.outcome == nil else { return false }
            guard data.count <= request.bodyBytesMax - state.body.count else { return true }
            state.body += data
            return false
        }
        if isTooLong { endTooLong() }
    }

    private func endTooLong() {
        abandon(.failure(.lost(reason: "the answer is longer than \(request.bodyBytesMax) bytes")))
    }

    func completed(_ error: (any Error)?) {
        end(
            state.withLock { state in
                if let error { return .failure(failure(error, state)) }
                guard let head = state.head else { return .failure(.lost(reason: "the answer has no head")) }
                return .success(InboundResponse(status: head.status, fields: head.fields, body: state.body))
            }
        )
    }

    private static func head(_ response: URLResponse) -> (status: Int, fields: [(name: String, value: String)])? {
        guard let response = response as? HTTPURLResponse else { return nil }
        let fields = response.allHeaderFields.map { (name: "\($0.key)", value: "\($0.value)") }
        return (response.statusCode, fields)
    }

    /// Whether a failure leaves any doubt.
    ///
    /// The error code alone proves little. libcurl tries again on a new connection when a reused one was dropped, and
    /// FoundationNetworking says "cannot connect" of any failure after one of a name's addresses refused. A request with a
    /// body has not had an effect for certain only if nothing of the body was taken. One without is a reading or a deletion
    /// that may be repeated: there the code is believed.
    private func failure(_ error: any Error, _ state: State) -> TransportError {
        let code = (error as? URLError)?.code
        let text = error.localizedDescription
        let hasNotLeft = request.body == nil || !state.hasTakenBody
        let reason: String
        let isBeforeSending: Bool
        switch code {
        case _ where state.isConnectOverdue:
            (reason, isBeforeSending) = ("no connection within \(request.connectTimeout)", true)
        case .cannotFindHost?, .dnsLookupFailed?:
            (reason, isBeforeSending) = ("the host name is not known", true)
        case .cannotConnectToHost?:
            (reason, isBeforeSending) = ("the connection was refused", true)
        case .timedOut?:
            (reason, isBeforeSending) = ("the connection timed out", false)
        case .networkConnectionLost?:
            (reason, isBeforeSending) = ("the connection was reset", false)
        case .badServerResponse?:
            (reason, isBeforeSending) = ("the connection was closed without an answer", false)
        case _:
            // libcurl's own words, for certificates and handshakes the only ones there are.
            (reason, isBeforeSending) = (String(text.prefix(200)), request.body != nil && text.contains("SSL"))
        }
        guard isBeforeSending, hasNotLeft, state.head == nil else { return .lost(reason: reason) }
        return .notSent(reason: reason)
    }
}

/// The exchanges of one session by their tasks' numbers, and the session's delegate.
final class Exchanges: NSObject, Sendable {
    private let byTask = Mutex<[Int: Exchange]>([:])

    subscript(task: Int) -> Exchange? {
        get { byTask.withLock { $0[task] } }
        set { byTask.withLock { $0[task] = newValue } }
    }
}

extension Exchanges: URLSessionDataDelegate {
    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void,
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void,
    ) {
        self[task.taskIdentifier]?.challenged(challenge.failureResponse)
        // Never `.useCredential` with nil: FoundationNetworking traps on it.
        completionHandler(.rejectProtectionSpace, nil)
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        didSendBodyData bytesSent: Int64,
        totalBytesSent: Int64,
        totalBytesExpectedToSend: Int64,
    ) {
        self[task.taskIdentifier]?.bodyTaken()
    }

    func urlSession(
        _ session: URLSession,
        dataTask: URLSessionDataTask,
        didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void,
    ) {
        self[dataTask.taskIdentifier]?.received(response)
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        self[dataTask.taskIdentifier]?.received(data)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        self[task.taskIdentifier]?.completed(error)
    }
}

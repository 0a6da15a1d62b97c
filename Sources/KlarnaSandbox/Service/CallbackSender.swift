import Dispatch
import Foundation
import FoundationNetworking
import Wire

/// Posts one callback once and says how that went.
struct CallbackSender: Sendable {
    enum Outcome: Sendable, Hashable {
        case answered(Int)
        /// No answer within the time limit, or none at all.
        case unanswered(String)

        var isAccepted: Bool {
            switch self {
            case .answered(let status): (200...299).contains(status)
            case .unanswered: false
            }
        }
    }

    func post(_ body: JSON, to url: String, timeout: Duration) async -> Outcome {
        guard let url = URL(string: url) else { return .unanswered("not a URL") }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(body.bytes)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        return await CallbackSender.send(request, timeout)
    }

    /// A session of its own for each call: on a reused connection that the peer drops, URLSession sends a POST twice.
    private static func send(_ request: URLRequest, _ timeout: Duration) async -> Outcome {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        let session = URLSession(configuration: configuration, delegate: Refusing(), delegateQueue: nil)
        let (outcomes, outcome) = AsyncStream<Outcome>.makeStream()
        let task = session.dataTask(with: request) { _, response, _ in
            let answer = response as? HTTPURLResponse
            outcome.yield(answer.map { .answered($0.statusCode) } ?? .unanswered("connection failed"))
        }
        async let _: Void = expire(outcome, after: timeout)
        defer { session.finishTasksAndInvalidate() }
        task.resume()
        var first = Outcome.unanswered("cancelled")
        for await outcome in outcomes {
            first = outcome
            break
        }
        if case .answered = first { return first }
        // Cancelling waits for the session's queue, which may be waiting for this very task: it needs a thread of its own.
        // URLSession's async calls do not know that, and hang now and then.
        DispatchQueue.global().async { task.cancel() }
        return first
    }

    /// URLSession's own limits measure idleness, and some answers escape them altogether.
    private static func expire(_ outcome: AsyncStream<Outcome>.Continuation, after timeout: Duration) async {
        try? await Task.sleep(for: timeout)
        outcome.yield(.unanswered("no answer within \(timeout.milliseconds) ms"))
    }
}

/// Follows no redirect and answers no challenge.
private final class Refusing: NSObject, URLSessionTaskDelegate, Sendable {
    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void,
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void,
    ) {
        completionHandler(.rejectProtectionSpace, nil)
    }
}

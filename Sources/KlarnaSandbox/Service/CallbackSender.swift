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

    /// What came back, for those who listen to more than the status.
    struct Reply: Sendable {
        let outcome: Outcome
        var location: String?
        var body: JSON?

        static func unanswered(_ reason: String) -> Reply { Reply(outcome: .unanswered(reason)) }
    }

    /// A call with `null` has no content and names no type.
    func post(_ body: JSON, to url: String, timeout: Duration) async -> Reply {
        guard let url = URL(string: url) else { return .unanswered("not a URL") }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(body.isNull ? [] : body.bytes)
        if !body.isNull { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        return await CallbackSender.send(request, timeout)
    }

    /// A session of its own for each call: on a reused connection that the peer drops, URLSession sends a POST twice.
    private static func send(_ request: URLRequest, _ timeout: Duration) async -> Reply {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        let session = URLSession(configuration: configuration, delegate: Refusing(), delegateQueue: nil)
        let (replies, reply) = AsyncStream<Reply>.makeStream()
        let task = session.dataTask(with: request) { content, response, _ in
            let answer = response as? HTTPURLResponse
            reply.yield(answer.map { Reply($0, content) } ?? .unanswered("connection failed"))
        }
        async let _: Void = expire(reply, after: timeout)
        defer { session.finishTasksAndInvalidate() }
        task.resume()
        var first = Reply.unanswered("cancelled")
        for await reply in replies {
            first = reply
            break
        }
        if case .answered = first.outcome { return first }
        // Cancelling waits for the session's queue, which may be waiting for this very task: it needs a thread of its own.
        // URLSession's async calls do not know that, and hang now and then.
        DispatchQueue.global().async { task.cancel() }
        return first
    }

    /// URLSession's own limits measure idleness, and some answers escape them altogether.
    private static func expire(_ reply: AsyncStream<Reply>.Continuation, after timeout: Duration) async {
        try? await Task.sleep(for: timeout)
        reply.yield(.unanswered("no answer within \(timeout.milliseconds) ms"))
    }
}

extension CallbackSender.Reply {
    fileprivate init(_ answer: HTTPURLResponse, _ content: Data?) {
        outcome = .answered(answer.statusCode)
        location = answer.value(forHTTPHeaderField: "Location")
        body = content.flatMap { try? JSON.parse(Array($0)) }
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

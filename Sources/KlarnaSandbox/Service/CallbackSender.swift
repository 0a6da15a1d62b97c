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
        return await withTaskGroup(of: Outcome.self) { [request] group in
            group.addTask { await CallbackSender.send(request) }
            // URLSession's own limits measure idleness, and some answers escape them altogether.
            group.addTask {
                try? await Task.sleep(for: timeout)
                return .unanswered("no answer within \(timeout.milliseconds) ms")
            }
            let first = await group.next() ?? .unanswered("cancelled")
            group.cancelAll()
            return first
        }
    }

    /// A session of its own for each call: on a reused connection that the peer drops, URLSession sends a POST twice.
    private static func send(_ request: URLRequest) async -> Outcome {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        let session = URLSession(configuration: configuration, delegate: Refusing(), delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        do {
            let (_, response) = try await session.data(for: request)
            guard let answer = response as? HTTPURLResponse else { return .unanswered("no HTTP answer") }
            return .answered(answer.statusCode)
        } catch {
            return .unanswered("connection failed")
        }
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

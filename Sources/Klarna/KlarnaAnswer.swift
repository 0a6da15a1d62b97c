internal import Wire

/// An answer of Klarna's that came whole: what it says, and what it says about itself.
struct KlarnaAnswer {
    let status: Int
    /// `nil` when the body is empty or no JSON: a 401 is HTML, a 204 is nothing.
    let json: JSON?
    /// Klarna's clock, from `Date`.
    let klarnaTime: Timestamp?
    /// The same, unless the answer comes from a cache, whose `Date` is old (RFC 9111 5.1).
    let clock: Timestamp?
    /// What Klarna's support asks for.
    let correlationID: String?
    /// Where what was made can be found, from `Location`: as it stands, and not to be followed.
    let location: String?
    /// What the answer says of Klarna's rate limits.
    let rate: RateReading
    private let madeID: String?
    private let retryAfter: Duration?

    init(_ response: InboundResponse) {
        status = response.status
        json = try? JSON.parse(response.body)
        klarnaTime = response["Date"].flatMap { Timestamp(httpDate: $0) }
        clock = response["Age"] == nil ? klarnaTime : nil
        correlationID = [json?["correlation_id"]?.string, response["Klarna-Correlation-Id"]].lazy
            .compactMap(\.self).first(where: isWord)
        location = response["Location"].flatMap { isPrintable($0, bytesMax: 2048) ? $0 : nil }
        rate = RateReading(response)
        madeID = [response["Capture-Id"], response["Refund-Id"]].lazy.compactMap(\.self).first(where: isWord)
        let wait = response["Retry-After"] ?? (response.status == 429 ? response["X-Ratelimit-Reset"] : nil)
        retryAfter = wait.flatMap { [klarnaTime] in Duration(retryAfter: $0, at: klarnaTime) }
    }

    /// The JSON of a success, or why there is none.
    func success() throws(KlarnaError) -> JSON {
        guard let json = try accepted() else { throw malformed("the answer is not JSON") }
        return json
    }

    /// The JSON of a success if it has any. Any 2xx is a success, any 4xx but 408 a refusal, and the rest says nothing certain.
    @discardableResult
    func accepted() throws(KlarnaError) -> JSON? {
        switch status {
        case 200..<300: return json
        // Whoever says so may have passed on what came in time.
        case 408: throw lost("the request took too long to arrive")
        case 400..<500:
            throw .refused(
                Refusal(
                    status: status,
                    code: code,
                    messages: messages,
                    reason: json?["reason"]?.string.map { String($0.prefix(500)) },
                    correlationID: correlationID,
                    retryAfter: retryAfter,
                    klarnaTime: klarnaTime,
                )
            )
        case 300..<400: throw lost("Klarna redirected, which is not followed")
        case _: throw lost("Klarna failed")
        }
    }

    /// The id of the capture or refund that was made. The answer has no body as a rule, and the URL is taken for its end alone.
    var createdID: String? {
        let path = location?.prefix { $0 != "?" && $0 != "#" } ?? ""
        let bodyID = json?.text("capture_id") ?? json?.text("refund_id")
        return madeID
            ?? [bodyID, path.split(separator: "/").last.map(String.init)].lazy
            .compactMap(\.self).first(where: isWord)
    }

    /// A success that lacks what it has to hold: what it meant to say is not known.
    func malformed(_ reason: String) -> KlarnaError { lost(reason) }

    private func lost(_ reason: String) -> KlarnaError {
        .unknown(
            Lost(
                reason: reason,
                status: status,
                code: code,
                messages: messages,
                correlationID: correlationID,
                retryAfter: retryAfter,
            )
        )
    }

    private var code: String? { json?["error_code"]?.string.flatMap { isWord($0) ? $0 : nil } }

    /// Bounded, since they are kept and shown.
    private var messages: [String] {
        (json?["error_messages"]?.array ?? []).compactMap(\.string).prefix(20).map { String($0.prefix(500)) }
    }
}

/// What is read from the answer to one kind of call.
protocol AnswerReading: Sendable {
    init(_ answer: KlarnaAnswer) throws(KlarnaError)
}

/// That Klarna did as it was asked, and had nothing more to say.
public struct Accepted: Sendable, Hashable {
    public let correlationID: String?
}

/// Any success will do.
extension Accepted: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        try answer.accepted()
        self.init(correlationID: answer.correlationID)
    }
}

/// Whether a text may stand in a log line: short, printable ASCII.
private func isWord(_ text: String) -> Bool { isPrintable(text, bytesMax: 128) }

private func isPrintable(_ text: String, bytesMax: Int) -> Bool {
    !text.isEmpty && text.utf8.count <= bytesMax && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}

import Wire

/// One request as Klarna's edge sees it, without the socket it came through.
public struct KlarnaCall: Sendable {
    public let method: String
    /// Origin-form path, still percent-encoded, without query.
    public let path: String
    public let authorization: String?
    public let contentType: String?
    /// `Klarna-Idempotency-Key`.
    public let idempotencyKey: String?
    public let body: [UInt8]
    /// `http://127.0.0.1:8081`, without a slash at the end: what the URLs in the answer begin with.
    public let baseURL: String

    public init(
        method: String,
        path: String,
        authorization: String? = nil,
        contentType: String? = nil,
        idempotencyKey: String? = nil,
        body: [UInt8] = [],
        baseURL: String,
    ) {
        self.method = method
        self.path = path
        self.authorization = authorization
        self.contentType = contentType
        self.idempotencyKey = idempotencyKey
        self.body = body
        self.baseURL = baseURL
    }
}

/// What Klarna answers, without the socket it leaves through.
public struct KlarnaAnswer: Sendable, Hashable {
    /// Zero for ``unanswered``.
    public var status: Int
    /// Fields besides `Content-Type`, names in lower case.
    public var fields: [String: String]
    public var contentType: String?
    public var body: [UInt8]

    /// No answer at all: the connection ends, or stays silent until the caller gives up.
    public static let unanswered = KlarnaAnswer(0)

    public var isAnswered: Bool { status != 0 }

    init(_ status: Int, fields: [String: String] = [:]) {
        self.status = status
        self.fields = fields
        contentType = nil
        body = []
    }

    init(_ status: Int, json: JSON, fields: [String: String] = [:]) {
        self.init(status, fields: fields)
        contentType = "application/json"
        body = json.bytes
    }

    /// What an edge in front of Klarna shows to people.
    static func edgePage(_ status: Int) -> KlarnaAnswer {
        let title = status == 401 ? "401 Authorization Required" : "\(status) Error"
        let page = "<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n"
        return KlarnaAnswer(status, html: page)
    }

    init(_ status: Int, html: String, fields: [String: String] = [:]) {
        self.init(status, fields: fields)
        contentType = "text/html"
        body = Array(html.utf8)
    }
}

/// A refusal in Klarna's words: status, `error_code`, `error_messages`.
///
/// Klarna Payments, "Error codes"; Order Management, "Error codes". The pages for HPP show no error body: there the
/// same object is used, with the codes `BAD_VALUE`, `NOT_ALLOWED` and `NOT_FOUND`.
public struct KlarnaRefusal: Error, Sendable, Hashable {
    public let status: Int
    public let code: String
    public let messages: [String]
    /// The methods of a 405.
    public var allow: [String] = []

    public init(_ status: Int, _ code: String, _ messages: String...) {
        self.init(status, code, messages: messages)
    }

    init(_ status: Int, _ code: String, messages: [String]) {
        self.status = status
        self.code = code
        self.messages = messages
    }

    /// All wrong paths stand in one message: `Bad value: order_amount, order_lines[1].tax_rate`.
    static func badValue(_ paths: [String]) -> KlarnaRefusal {
        KlarnaRefusal(400, "BAD_VALUE", "Bad value: \(paths.joined(separator: ", "))")
    }

    static func badValue(_ path: String) -> KlarnaRefusal { badValue([path]) }

    static let badRequest = KlarnaRefusal(400, "BAD_REQUEST")
    static let unauthorized = KlarnaRefusal(401, "UNAUTHORIZED")
    static let unsupportedMediaType = KlarnaRefusal(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Content-Type must be application/json",
    )
    static let tooManyRequests = KlarnaRefusal(429, "TOO_MANY_REQUESTS", "Too many requests")
    static let invalidSession = KlarnaRefusal(404, "NOT_FOUND", "Invalid session id")
    static let sessionCompleted = KlarnaRefusal(404, "SESSION_COMPLETED", "Session has already been completed")
    static let invalidAuthorization = KlarnaRefusal(404, "NOT_FOUND", "Invalid authorization token")
    static let undeletableAuthorization = KlarnaRefusal(404, "NOT_FOUND", "Authorization cannot be deleted")
    static let consumed = KlarnaRefusal(403, "INVALID_OPERATION", "Authorization token already consumed")
    static let otherBody = KlarnaRefusal(
        409,
        "BAD_VALUE",
        "The order has been already completed with different request body",
    )
    static let unknownHPPSession = KlarnaRefusal(404, "NOT_FOUND", "HPP session has expired or could not be found")

    /// What Klarna says with this status when nothing is wrong with the call.
    static func trouble(_ status: Int) -> KlarnaRefusal {
        switch status {
        case 401: .unauthorized
        case 403: KlarnaRefusal(403, "REJECTED", "Rejected")
        case 404: KlarnaRefusal(404, "NOT_FOUND", "Not found")
        case 409: otherBody
        case 429: .tooManyRequests
        case 500: KlarnaRefusal(500, "INTERNAL_SERVER_ERROR", "Internal error")
        case 503: KlarnaRefusal(503, "SERVICE_UNAVAILABLE", "Service unavailable")
        case _: KlarnaRefusal(status, "SANDBOX_FAULT", "This answer was ordered from the sandbox")
        }
    }

    func answer(correlationID: String) -> KlarnaAnswer {
        var fields: [String: String] = [:]
        if !allow.isEmpty { fields["Allow"] = allow.joined(separator: ", ") }
        if status == 401 {
            // The playground's edge answers with a page, not with the error object.
            var answer = KlarnaAnswer.edgePage(401)
            answer.fields["WWW-Authenticate"] = "Basic realm=\"klarna\""
            return answer
        }
        let body: JSON = [
            "error_code": .string(code),
            "error_messages": .array(messages.map(JSON.string)),
            "correlation_id": .string(correlationID),
        ]
        return KlarnaAnswer(status, json: body, fields: fields)
    }
}

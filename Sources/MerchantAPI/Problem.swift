internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Money
internal import Wire

/// An error as RFC 9457 writes it. Every error body that leaves this program is made here.
struct ProblemDetails: Error, Sendable {
    let kind: Kind
    let status: HTTPResponse.Status
    let detail: String
    var faults: [Fault] = []
    var klarna: Problem.KlarnaAnswer?
    var retryAfter: Duration?

    init(_ kind: Kind, _ detail: String, status: HTTPResponse.Status? = nil) {
        self.kind = kind
        self.status = status ?? kind.status
        self.detail = detail
    }
}

extension ProblemDetails {
    /// What a path answers that leads nowhere, a forged one included: nothing tells the two apart.
    static let nothingHere = ProblemDetails(.notFound, "There is nothing at this path.")
    static let noCheckout = ProblemDetails(.notFound, "There is no checkout with this id.")
    static let noCapture = ProblemDetails(.notFound, "There is no capture with this id, or no checkout.")
    static let noRefund = ProblemDetails(.notFound, "There is no refund with this id, or no checkout.")
    static let noCustomerToken = ProblemDetails(.notFound, "There is no customer token with this id.")

    /// So many faults are told at once: an answer is not to grow with what was sent.
    private static let faultsMax = 100

    static func validation(_ faults: Faults) -> ProblemDetails {
        let count = faults.all.count
        var problem = ProblemDetails(
            .validation,
            count == 1 ? "One value is not valid." : "\(count) values are not valid.",
        )
        problem.faults = Array(faults.all.prefix(faultsMax))
        return problem
    }

    init(_ error: DeskError) {
        switch error {
        case .notFound:
            self = .noCheckout
        case .unknownAccount:
            self.init(.conflict, "The Klarna account of this checkout is not configured any more.")
        case .notAllowed(_, let reason):
            self.init(.conflict, reason)
        case .klarnaRefused(let answer, let retryAfter):
            self.init(.klarnaRefused, "Klarna refused the request; its own words are in `klarna`.")
            klarna = answer
            self.retryAfter = retryAfter
        case .klarnaUnknown:
            self.init(.klarnaUnreachable, "Klarna gave no usable answer. Try again with the same idempotency key.")
        case .klarnaBusy(let pause):
            self.init(
                .unavailable,
                "Klarna is not asked now: it was asked too much, or it does not answer. Try again later.",
            )
            retryAfter = pause
        case .invalid(let faults):
            self = .validation(faults)
        case .store(let error):
            self.init(error)
        }
    }

    /// What came of an operation or a charge that Klarna did not do.
    init(_ failure: Problem) {
        self.init(Kind(failure.type), failure.detail)
        klarna = failure.klarna
    }

    init(_ error: StoreError) {
        switch error {
        case .stale, .leaseLost, .conflict, .unavailable:
            self.init(.unavailable, "The database cannot be used now. Try again.")
            retryAfter = .seconds(5)
        }
    }

    /// What the server or the router refuses before any route is asked.
    init(_ refusal: Refusal) {
        switch refusal.status.code {
        case 404: self = .nothingHere
        case 405: self.init(.methodNotAllowed, "This path does not take the method; `Allow` names those it takes.")
        case 408: self.init(.requestTimeout, refusal.reason)
        case 412: self.init(.preconditionFailed, refusal.reason)
        case 413: self.init(.bodyTooLarge, refusal.reason)
        case 414: self.init(.targetTooLong, refusal.reason)
        case 416: self.init(.rangeNotSatisfiable, refusal.reason)
        case 417: self.init(.expectationFailed, refusal.reason)
        case 421: self.init(.misdirectedRequest, refusal.reason)
        case 431: self.init(.headTooLarge, refusal.reason)
        case 501: self.init(.notImplemented, refusal.reason)
        case 503:
            self.init(.unavailable, refusal.reason)
            retryAfter = .seconds(1)
        case 505: self.init(.versionNotSupported, refusal.reason)
        case 500...599: self.init(.internalError, "The request could not be completed.", status: refusal.status)
        case _: self.init(.malformedRequest, refusal.reason, status: refusal.status)
        }
    }

    var response: Response {
        var fields: HTTPFields = [.cacheControl: "no-store"]
        if kind == .unauthorized { fields[.wwwAuthenticate] = "Bearer" }
        if let retryAfter { fields[.retryAfter] = String(retryAfter.wholeSeconds) }
        return Response(
            status,
            contentType: "application/problem+json",
            bytes: JSON.object(json).bytes,
            fields: fields,
        )
    }

    private var json: JSONObject {
        var json: JSONObject = [
            "type": .string(ProblemDetails.type(kind.rawValue)),
            "title": .string(kind.title),
            "status": .integer(Int64(status.code)),
            "detail": .string(detail),
        ]
        if !faults.isEmpty { json["errors"] = .array(faults.map { .object(ProblemDetails.json($0)) }) }
        if let klarna { json["klarna"] = .object(klarna.json) }
        return json
    }

    private static func json(_ fault: Fault) -> JSONObject {
        var json: JSONObject = ["pointer": .string(fault.pointer), "detail": .string(fault.detail)]
        guard let sum = fault.sum else { return json }
        json["expected"] = .integer(sum.expected.value)
        json["given"] = .integer(sum.given.value)
        json["tolerance"] = .integer(sum.tolerance)
        return json
    }

    /// A problem type's URI. It identifies and does not locate.
    static func type(_ name: String) -> String { "urn:kassa:problem:\(name)" }
}

extension Problem {
    /// What stands in the way of a checkout, as a part of it.
    var json: JSON {
        var json: JSONObject = ["type": .string(ProblemDetails.type(type.rawValue)), "detail": .string(detail)]
        if let klarna { json["klarna"] = .object(klarna.json) }
        return .object(json)
    }
}

extension Problem.KlarnaAnswer {
    fileprivate var json: JSONObject {
        [
            "status": status.map { .integer(Int64($0)) } ?? .null,
            "error_code": errorCode.map { .string($0) } ?? .null,
            "error_messages": .array(errorMessages.map { .string($0) }),
            "correlation_id": correlationID.map { .string($0) } ?? .null,
        ]
    }
}

extension Duration {
    /// Rounded up, and at least 1: what `Retry-After` can say.
    var wholeSeconds: Int64 { max(1, (milliseconds + 999) / 1000) }
}

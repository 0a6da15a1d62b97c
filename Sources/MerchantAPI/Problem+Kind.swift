internal import Checkouts
internal import HTTPTypes

extension ProblemDetails {
    /// The problem types; `docs/problems.md` describes each.
    enum Kind: String, CaseIterable {
        case malformedRequest = "malformed-request"
        case idempotencyKeyRequired = "idempotency-key-required"
        case unauthorized
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case requestTimeout = "request-timeout"
        case conflict
        case idempotencyKeyInFlight = "idempotency-key-in-flight"
        case preconditionFailed = "precondition-failed"
        case bodyTooLarge = "body-too-large"
        case targetTooLong = "target-too-long"
        case unsupportedMediaType = "unsupported-media-type"
        case rangeNotSatisfiable = "range-not-satisfiable"
        case expectationFailed = "expectation-failed"
        case misdirectedRequest = "misdirected-request"
        case validation
        case idempotencyKeyReused = "idempotency-key-reused"
        case headTooLarge = "head-too-large"
        case internalError = "internal-error"
        case notImplemented = "not-implemented"
        case klarnaRefused = "klarna-refused"
        case customerTokenSuspended = "customer-token-suspended"
        case customerTokenCancelled = "customer-token-cancelled"
        case paymentMethodFailed = "payment-method-failed"
        case paymentMethodUnavailable = "payment-method-unavailable"
        case unavailable
        case klarnaUnreachable = "klarna-unreachable"
        case versionNotSupported = "version-not-supported"

        var status: HTTPResponse.Status {
            switch self {
            case .malformedRequest, .idempotencyKeyRequired: .badRequest
            case .unauthorized: .unauthorized
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .requestTimeout: .requestTimeout
            case .conflict, .idempotencyKeyInFlight: .conflict
            case .preconditionFailed: .preconditionFailed
            case .bodyTooLarge: .contentTooLarge
            case .targetTooLong: .uriTooLong
            case .unsupportedMediaType: .unsupportedMediaType
            case .rangeNotSatisfiable: .rangeNotSatisfiable
            case .expectationFailed: .expectationFailed
            case .misdirectedRequest: .misdirectedRequest
            case .validation, .idempotencyKeyReused: .unprocessableContent
            case .headTooLarge: .requestHeaderFieldsTooLarge
            case .internalError: .internalServerError
            case .notImplemented: .notImplemented
            case .klarnaRefused, .customerTokenSuspended, .customerTokenCancelled, .paymentMethodFailed,
                .paymentMethodUnavailable:
                .badGateway
            case .unavailable: .serviceUnavailable
            case .klarnaUnreachable: .gatewayTimeout
            case .versionNotSupported: HTTPResponse.Status(code: 505, reasonPhrase: "HTTP Version Not Supported")
            }
        }

        /// The same for every occurrence, as RFC 9457 asks.
        var title: String {
            switch self {
            case .malformedRequest: "The request cannot be read"
            case .idempotencyKeyRequired: "An idempotency key is needed"
            case .unauthorized: "A valid API key is needed"
            case .notFound: "Not found"
            case .methodNotAllowed: "The method is not allowed here"
            case .requestTimeout: "The request took too long"
            case .conflict: "The state does not allow it"
            case .idempotencyKeyInFlight: "The idempotency key is in use"
            case .preconditionFailed: "A condition of the request does not hold"
            case .bodyTooLarge: "The body is too large"
            case .targetTooLong: "The request target is too long"
            case .unsupportedMediaType: "The media type is not supported"
            case .rangeNotSatisfiable: "The file has no such part"
            case .expectationFailed: "The expectation cannot be met"
            case .misdirectedRequest: "The request was meant for https"
            case .validation: "Some values are not valid"
            case .idempotencyKeyReused: "The idempotency key was used for another body"
            case .headTooLarge: "The header is too large"
            case .internalError: "Something went wrong here"
            case .notImplemented: "Not implemented"
            case .klarnaRefused: "Klarna refused"
            case .customerTokenSuspended: "The customer token is suspended"
            case .customerTokenCancelled: "The customer token is cancelled"
            case .paymentMethodFailed: "The payment method was declined"
            case .paymentMethodUnavailable: "The payment method cannot be used"
            case .unavailable: "Not available now"
            case .klarnaUnreachable: "Klarna did not answer"
            case .versionNotSupported: "The HTTP version is not supported"
            }
        }
    }
}

extension ProblemDetails.Kind {
    /// The failure of an operation or a charge, as an answer.
    init(_ failure: Problem.Kind) {
        self =
            switch failure {
            case .customerTokenSuspended: .customerTokenSuspended
            case .customerTokenCancelled: .customerTokenCancelled
            case .paymentMethodFailed: .paymentMethodFailed
            case .paymentMethodUnavailable: .paymentMethodUnavailable
            case .klarnaUnreachable, .placementUnknown, .customerTokenUnknown, .operationUnknown: .klarnaUnreachable
            case .klarnaRefused, .placementDelayed, .authorizationExpired, .authorizationReleased, .orderRejected,
                .orderUnidentified, .orderMismatch, .customerTokenRefused, .operationRefused, .orderDisagrees:
                .klarnaRefused
            }
    }
}

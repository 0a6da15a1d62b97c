internal import Klarna
internal import Money
internal import Wire

extension Checkout.News {
    /// How the history tells it: the type, and facts without secrets and personal data.
    var told: (type: String, detail: JSONObject) {
        switch self {
        case .opened(let sessions):
            ("checkout.waiting", ["hpp_session_id": .string(sessions.hppSessionID.rawValue)])
        case .openingRefused(let problem): ("checkout.opening_refused", detail(problem))
        case .pageOpen(let status): ("hpp.status", ["status": .string(status)])
        case .authorized(let placement, _):
            ("checkout.authorized", ["authorization_expires_at": .string(placement.expiresAt.description)])
        case .orderFound(let order):
            (
                "order.placed",
                [
                    "order_id": .string(order.orderID.rawValue),
                    "fraud_status": order.fraudStatus.map(JSON.string) ?? .null,
                ],
            )
        case .pageUnwanted: ("checkout.disabling", [:])
        case .pageCancelled: ("checkout.cancelled", [:])
        case .pageDisabled: ("checkout.disabled", [:])
        case .pageExpired: ("checkout.expired", [:])
        case .placementSent: ("order.sending", [:])
        case .placementNotSent(let reason): ("order.not_sent", ["reason": .string(reason)])
        case .placementUnanswered(let answer): ("order.unknown", detail(answer))
        case .placementWaits(let problem): ("order.waiting", detail(problem))
        case .placementHeld(let answer): ("order.held", detail(answer))
        case .placementRefused(let answer, _): ("order.refused", detail(answer))
        case .placementComplete: ("order.exists", [:])
        case .placementFailed(let problem, nil): ("order.failed", detail(problem))
        case .placementFailed(let problem, _): ("order.next_authorization", detail(problem))
        case .placementOverdue(let age):
            ("authorization.expiring", ["age_minutes": .integer(age.components.seconds / 60)])
        case .placementUnidentified(let problem): ("checkout.needs_review", detail(problem))
        case .orderRead(let order): ("order.read", ["status": .string(order.status)])
        case .released(let tokens): ("authorization.released", ["count": .integer(Int64(tokens.count))])
        case .lapsed(let tokens): ("authorization.lapsed", ["count": .integer(Int64(tokens.count))])
        case .paidBefore(let other): ("checkout.paid_twice", ["checkout_id": .string(other.rawValue)])
        case .pageEnding: ("checkout.expiring", [:])
        case .revising(let purchase, _):
            ("checkout.revising", ["order_amount": .integer(purchase.orderAmount.value)])
        case .revised(true): ("checkout.revised", [:])
        case .revised(false): ("checkout.not_revised", [:])
        case .reopened(let sessions):
            ("checkout.reopened", ["hpp_session_id": .string(sessions.hppSessionID.rawValue)])
        case .tokenCreated(let token): ("checkout.tokenized", ["customer_token": .string(token.id.rawValue)])
        case .tokenSent: ("customer_token.sending", [:])
        case .tokenWaits(.notSent(let reason)): ("customer_token.not_sent", ["reason": .string(reason)])
        case .tokenWaits(.unanswered(let answer)): ("customer_token.unknown", detail(answer))
        case .tokenWaits(.held(let answer)): ("customer_token.held", detail(answer))
        case .tokenRefused(let problem): ("customer_token.refused", detail(problem))
        case .tokenRead(let status, _, _): ("customer_token.read", ["status": .string(status.rawValue.lowercased())])
        case .operationOrdered, .operationSent, .operationWaits, .operationRekeyed, .operationDone, .operationNamed,
            .operationFailed,
            .operationSeen, .orderChanged, .orderDisagrees:
            toldOfOperation
        }
    }

    func detail(_ problem: Problem) -> JSONObject {
        var detail: JSONObject = ["problem": .string(problem.type.rawValue)]
        detail["klarna"] = problem.klarna?.json
        return detail
    }

    func detail(_ answer: Problem.KlarnaAnswer?) -> JSONObject {
        var detail = JSONObject()
        detail["klarna"] = answer?.json
        return detail
    }
}

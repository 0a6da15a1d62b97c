internal import Klarna
internal import Money
internal import Wire

/// How the history tells of operations on an order.
extension Checkout.News {
    var toldOfOperation: (type: String, detail: JSONObject) {
        switch self {
        case .operationOrdered(let operation): ("operation.requested", operation.told)
        case .operationSent(let id, _): ("operation.sending", ["operation": .string(id.rawValue)])
        case .operationWaits(let id, let answer): told(id, answer)
        case .operationRekeyed(let id): ("operation.renewed", ["operation": .string(id.rawValue)])
        case .operationDone(let operation, let klarnaID):
            (operation.effect.pastTense, operation.told(klarnaID: klarnaID))
        case .operationNamed(let id, let klarnaID):
            ("operation.identified", ["operation": .string(id.rawValue), "klarna_id": .string(klarnaID)])
        case .operationFailed(let operation, let problem):
            ("operation.failed", operation.told.merging(detail(problem)))
        case .operationSeen(let operation):
            (operation.effect.pastTense, operation.told(klarnaID: operation.klarnaID))
        case .orderChanged(let change): told(change)
        case .orderDisagrees(.some(let problem)): ("order.disagrees", detail(problem))
        case .orderDisagrees(nil): ("order.agrees", [:])
        case _: ("order.changed", [:])
        }
    }

    private func told(
        _ id: OrderOperation.ID,
        _ answer: Checkout.OperationAnswer,
    ) -> (type: String, detail: JSONObject) {
        let told: JSONObject = ["operation": .string(id.rawValue)]
        return switch answer {
        case .notSent(let reason): ("operation.not_sent", told.merging(["reason": .string(reason)]))
        case .unanswered(let klarna): ("operation.unknown", told.merging(detail(klarna)))
        case .held(let klarna): ("operation.held", told.merging(detail(klarna)))
        case .refused(let klarna, _): ("operation.refused", told.merging(detail(klarna)))
        }
    }

    private func told(_ change: Checkout.OrderChangeSeen) -> (type: String, detail: JSONObject) {
        let elsewhere: JSONObject = ["origin": .string(OrderOperation.Origin.elsewhere.rawValue)]
        return switch change {
        case .cancelled: ("order.cancelled", elsewhere)
        case .released: ("order.released", elsewhere)
        case .expired: ("order.expired", [:])
        case .extended(let end):
            ("order.extended", elsewhere.merging(["expires_at": .string(end.description)]))
        case .amount(let amount): ("order.updated", elsewhere.merging(["amount": .integer(amount.value)]))
        case .fraudStatus(let status): ("order.fraud_status", ["fraud_status": .string(status)])
        }
    }
}

extension OrderOperation {
    fileprivate var told: JSONObject {
        var told: JSONObject = ["operation": .string(id.rawValue), "effect": .string(effect.word)]
        told["amount"] = amount.map { .integer($0.value) }
        if origin != .api { told["origin"] = .string(origin.rawValue) }
        return told
    }

    fileprivate func told(klarnaID: String?) -> JSONObject {
        var told = told
        told["klarna_id"] = klarnaID.map(JSON.string)
        return told
    }
}

extension OrderEffect {
    /// The event of its success.
    fileprivate var pastTense: String {
        switch self {
        case .acknowledge: "order.acknowledged"
        case .capture: "order.captured"
        case .refund: "order.refunded"
        case .cancel: "order.cancelled"
        case .release: "order.released"
        case .extendAuthorization: "order.extended"
        case .updateAuthorization, .merchantReferences, .customerDetails, .shippingInfo: "order.updated"
        case .captureShippingInfo, .sendOut, .extendDueDate: "capture.updated"
        }
    }
}

extension JSONObject {
    fileprivate func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        for member in other.members { merged[member.name] = member.value }
        return merged
    }
}

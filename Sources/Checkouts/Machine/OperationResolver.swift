internal import Klarna
package import Wire

/// Decides how an operation on an order goes on when its outcome is not known and a reading of the order does not show it.
///
/// Pure. Klarna does a request once for each idempotency key and keeps keys for 24 hours; after that only a reading that began
/// when nothing could be under way any more proves that it did not happen.
package struct OperationResolver: Sendable {
    private let inFlightHorizon: Duration

    package init(_ resolver: PlacementResolver) { inFlightHorizon = resolver.inFlightHorizon }

    package enum Step: Hashable {
        /// Send the frozen bytes under the same key.
        case send
        /// Send them under a new key.
        case sendAnew
        case wait(Duration)
        case fail(Problem)
    }

    /// Answers about us, or about a moment, rather than about the operation: wrong password, a change at the same time, too many
    /// calls.
    static func isAboutUs(_ status: Int) -> Bool { [401, 409, 423, 425, 429].contains(status) }

    /// Whether an answer says nothing of the operation and may be another one later. A wrong password and too many calls are
    /// waited out; a conflict that comes so often is no passing one.
    static func mayPass(_ status: Int, after attempts: EffectAttempts) -> Bool {
        guard isAboutUs(status) else { return false }
        return status == 401 || status == 429 || attempts.held < 20
    }

    /// Whether an operation that never reached Klarna has waited for so long that whoever asked for it has to ask again.
    package func hasLapsed(_ operation: OrderOperation, now: Timestamp) -> Bool {
        operation.attempts.uncertainSince == nil && operation.attempts.refusals == 0
            && now >= operation.createdAt + OrderOperation.keyLife
    }

    /// What to do with an operation that the order does not show, by a reading that began at `readAt`, by Klarna's clock.
    package func next(_ operation: OrderOperation, readAt: Timestamp) -> Step {
        let attempts = operation.attempts
        let isOver = attempts.uncertainSince.map { readAt >= $0 + inFlightHorizon } ?? true
        if let refusal = attempts.lastRefusal {
            // What an unanswered attempt before the refusal may still do is waited for.
            guard isOver else { return .wait(.seconds(5)) }
            // Where a reading shows nothing, the refusal of a later attempt says nothing of the one before.
            let isProved = attempts.uncertainSince == nil || operation.effect.isShown
            return .fail(isProved ? .operationRefused(refusal) : .operationUnknown)
        }
        if operation.effect.isRepeatable { return .send }
        guard let since = operation.keySince, readAt >= since + OrderOperation.keyLife else { return .send }
        switch operation.effect {
        case .capture, .refund: return isOver ? .sendAnew : .wait(.seconds(5))
        // Nothing shows whether these happened, and doing them twice would show.
        case .shippingInfo, .captureShippingInfo, .sendOut, .extendDueDate: return .fail(.operationUnknown)
        case .acknowledge, .cancel, .release, .extendAuthorization, .updateAuthorization, .merchantReferences,
            .customerDetails:
            return .send
        }
    }
}

extension Problem {
    static func operationRefused(_ klarna: KlarnaAnswer) -> Problem {
        Problem(.operationRefused, "Klarna refused it.", klarna: klarna)
    }

    static let operationLapsed = Problem(
        .klarnaUnreachable,
        "Klarna could not be asked for a day: nothing was done. Ask for it again.",
    )

    static let operationUnknown = Problem(
        .operationUnknown,
        "Klarna gave no usable answer, and nothing shows whether it was done: look it up in the merchant portal.",
    )
}

internal import Klarna
internal import Wire

/// A customer token instead of an order, or beside it.
extension Checkout {
    /// Whether a customer token is still to be made of the authorization.
    var awaitsToken: Bool {
        status == .authorized && terms.intent.createsToken && customerToken == nil
            && placement?.tokenRefusal == nil && chargedToken == nil
    }

    mutating func changeToken(by news: News) throws(IllegalTransition) -> [Effect] {
        switch news {
        case .tokenSent(let at): return try note(nil) { $0.tokenization.begin(at: at) }
        case .tokenWaits(.notSent(let reason)):
            return try note(Problem(.klarnaUnreachable, reason)) { $0.tokenization.end() }
        case .tokenWaits(.unanswered(let answer)):
            return try note(.tokenUnknown(answer)) { $0.tokenization.loseAnswer() }
        case .tokenWaits(.held(let answer)): return try note(.tokenDelayed(answer)) { $0.tokenization.hold() }
        case .tokenRefused(let problem):
            guard terms.intent.placesOrder else { throw illegal("tokenRefused") }
            return try note(problem) { $0.tokenRefusal = problem }
        case .tokenCreated(let token): return try keep(token)
        case .tokenRead(let status, let method, let maskedNumber):
            // Cancelled is for good, and Klarna may take a while to show it.
            if customerToken?.status != "cancelled" { customerToken?.status = status.rawValue.lowercased() }
            if customerToken?.status == "cancelled" { customerToken?.token = nil }
            if let method { customerToken?.paymentMethodType = method }
            if let maskedNumber { customerToken?.maskedNumber = maskedNumber }
            return []
        case _: return []
        }
    }

    private mutating func keep(_ token: CustomerToken) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .authorized:
            guard customerToken == nil else { throw illegal("tokenCreated") }
            customerToken = token
            problem = nil
            guard !terms.intent.placesOrder else { return [] }
            status = .tokenized
            placement = nil
            return dropSpares()
        case .created, .waiting, .inProgress, .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed,
            .needsReview:
            throw illegal("tokenCreated")
        }
    }
}

import Wire

/// What a browser finds at a hosted page's address.
enum HostedPage: Sendable {
    /// The shopper can act.
    case open(HPPSession, PaymentSession)
    /// Final, or its payment session was completed elsewhere.
    case closed(HPPSession)
    case expired
    case unknown
}

extension SandboxWorld {
    func hostedPage(region: String, page: String, at now: Timestamp) -> HostedPage {
        guard let id = hppSessionIDsByPage[page], let session = hppSessions[id],
            let paymentSession = paymentSessions[session.paymentSessionID], paymentSession.region == region
        else { return .unknown }
        guard now < session.expiresAt else { return .expired }
        guard !session.status.isFinal, paymentSession.completedAt == nil else { return .closed(session) }
        return .open(session, paymentSession)
    }
}

import Wire

/// What a browser finds at a hosted page's address.
enum HostedPage: Sendable {
    /// The shopper can act.
    case open(HPPSession, HostedPurchase)
    /// Final, or its purchase was completed elsewhere.
    case closed(HPPSession)
    case expired
    case unknown
}

extension SandboxWorld {
    func hostedPage(region: String, page: String, at now: Timestamp) -> HostedPage {
        hostedPage(ofHPPSession: hppSessionIDsByPage[page] ?? "", region: region, at: now)
    }

    func hostedPage(ofHPPSession id: String, region: String, at now: Timestamp) -> HostedPage {
        guard let session = hppSessions[id] else { return .unknown }
        guard now < session.expiresAt else { return .expired }
        guard let hosted = hostedPurchase(of: session) else { return .closed(session) }
        guard hosted.region == region else { return .unknown }
        guard !session.status.isFinal, !hosted.isComplete else { return .closed(session) }
        return .open(session, hosted)
    }
}

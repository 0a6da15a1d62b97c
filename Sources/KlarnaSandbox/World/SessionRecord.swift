public import Wire

/// What became of one hosted page: for those who have to compare books afterwards.
public struct SessionRecord: Sendable, Hashable {
    public struct Consent: Sendable, Hashable {
        public enum State: String, Sendable {
            /// An order can be placed with it.
            case live
            /// Deleted by the merchant, superseded by a newer one, or its session got its order otherwise.
            case void
            case expired
            case consumed
        }

        public let token: String
        public let state: State
        public let expiresAt: Timestamp
    }

    public let hppSessionID: String
    /// Or the id of the order of Klarna Checkout.
    public let paymentSessionID: String
    public let merchantReference1: String?
    public let merchantReference2: String?
    public let status: HPPStatus
    /// Whether a shopper could still pay there.
    public let isOpen: Bool
    /// Those that shoppers gave on this page, the oldest first.
    public let authorizations: [Consent]
    /// The order of its payment session, whichever page or token that came from.
    public let orderID: String?

    var json: JSON {
        var json: JSONObject = [
            "hpp_session_id": .string(hppSessionID), "payment_session_id": .string(paymentSessionID),
            "status": .string(status.rawValue), "open": .bool(isOpen),
        ]
        if let merchantReference1 { json["merchant_reference1"] = .string(merchantReference1) }
        if let merchantReference2 { json["merchant_reference2"] = .string(merchantReference2) }
        json["authorizations"] = .array(
            authorizations.map { consent in
                [
                    "authorization_token": .string(consent.token), "state": .string(consent.state.rawValue),
                    "expires_at": .string(consent.expiresAt.description),
                ]
            }
        )
        if let orderID { json["order_id"] = .string(orderID) }
        return .object(json)
    }
}

extension SandboxWorld {
    /// What became of every hosted page, the newest last.
    public func sessions(at now: Timestamp) -> [SessionRecord] {
        let world = settled(at: now)
        return world.hppSessionIDs.compactMap { world.hppSessions[$0] }.map { session in
            let hosted = world.hostedPurchase(of: session)
            let isComplete = hosted?.isComplete ?? false
            let consents = session.tokens.compactMap { world.authorizations[$0] }.map { authorization in
                SessionRecord.Consent(
                    token: authorization.token,
                    state: SandboxWorld.state(of: authorization, isComplete, at: now),
                    expiresAt: authorization.expiresAt,
                )
            }
            return SessionRecord(
                hppSessionID: session.id,
                paymentSessionID: session.paymentSessionID,
                merchantReference1: hosted?.purchase.string("merchant_reference1"),
                merchantReference2: hosted?.purchase.string("merchant_reference2"),
                status: session.status,
                isOpen: !session.status.isFinal && hosted != nil && !isComplete && now < session.expiresAt,
                authorizations: consents,
                orderID: session.kind == .checkout
                    ? session.order?.id : world.paymentSessions[session.paymentSessionID]?.orderID,
            )
        }
    }

    private static func state(
        of authorization: Authorization,
        _ isComplete: Bool,
        at now: Timestamp,
    ) -> SessionRecord.Consent.State {
        switch authorization.state {
        case .consumed: .consumed
        case .void: .void
        case .live: isComplete ? .void : now < authorization.expiresAt ? .live : .expired
        }
    }
}

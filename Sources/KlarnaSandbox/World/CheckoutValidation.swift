public import Wire

/// The question that Klarna Checkout asks the merchant once the shopper has pressed the button.
public struct CheckoutValidation: Sendable {
    public let callback: Callback
    /// Whether silence is a refusal. Otherwise Klarna waits for three seconds and takes it for consent.
    public let isRequired: Bool
}

/// What the merchant answered, or what Klarna makes of it.
public enum CheckoutVerdict: Sendable, Hashable {
    case approved
    /// The shopper stays on the page and reads this.
    case denied(String)
    /// The shopper is led elsewhere.
    case redirected(String)

    /// Klarna Checkout's callbacks v3, `validation`: 200 approves, 400 explains, a redirect leads away. What counts for
    /// anything else, or for silence, the order's options say.
    ///
    /// `status` is `nil` when there was no answer.
    public init(status: Int?, location: String?, body: JSON?, isRequired: Bool) {
        switch status {
        case 200?: self = .approved
        case 301?, 302?, 303?, 307?: self = location.map { .redirected($0) } ?? .unanswered(isRequired)
        case 400?:
            self = .denied(body?["error_text"]?.string ?? "The shop could not accept this order.")
        case _: self = .unanswered(isRequired)
        }
    }

    private static func unanswered(_ isRequired: Bool) -> CheckoutVerdict {
        isRequired ? .denied("The shop did not confirm this order.") : .approved
    }
}

extension SandboxWorld {
    /// What has to be asked before the shopper's consent on this page counts; `nil` when nothing has.
    public mutating func validation(
        onHPPSession id: String,
        email: String? = nil,
        at now: Timestamp,
    ) -> CheckoutValidation? {
        settle(at: now)
        guard let session = try? liveHPPSession(id, at: now), session.kind == .checkout, !session.status.isFinal,
            var order = checkoutOrders[session.paymentSessionID], order.completedAt == nil,
            let url = order.merchantURL("validation"), !isDeclined(session, HostedPurchase(order), email: email)
        else { return nil }
        order.fillIn(email: email)
        let callback = Callback(
            .validation,
            eventID: identifiers.uuid(),
            hppSessionID: id,
            orderID: order.id,
            status: session.status,
            url: url,
            body: .object(order.reading),
        )
        let isRequired = order.purchase["options"]?["require_validate_callback_success"]?.bool ?? false
        return CheckoutValidation(callback: callback, isRequired: isRequired)
    }
}

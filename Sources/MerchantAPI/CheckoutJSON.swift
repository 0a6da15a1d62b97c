package import Checkouts
internal import Klarna
internal import Money
package import Wire

extension Checkout {
    /// The checkout as merchants see it. The members and their order are part of the interface; no Klarna token is
    /// among them.
    package var json: JSON {
        [
            "id": .string(id.rawValue),
            "merchant_reference": merchantReference.json,
            "account": .string(account),
            "provider": .string(provider.rawValue),
            "status": .string(status.rawValue),
            "purchase_country": .string(purchase.country),
            "purchase_currency": .string(purchase.currency),
            "locale": .string(purchase.locale),
            "order_amount": (isUpdated ? order?.authorizedAmount : purchase.orderAmount)?.json ?? .null,
            "order_tax_amount": (isUpdated ? lineTaxes : purchase.orderTaxAmount)?.json ?? .null,
            "order_lines": .array(orderLines.map(\.json)),
            "redirect_url": (sessions?.redirectURL).json,
            "qr_code_url": (sessions?.qrCodeURL).json,
            "expires_at": (sessions?.expiresAt).json,
            "authorization_expires_at": authorizationExpiresAt.json,
            "created_at": .string(createdAt.description),
            "updated_at": .string(updatedAt.description),
            "klarna": [
                "payment_session_id": (sessions?.paymentSessionID.rawValue).json,
                "hpp_session_id": (sessions?.hppSessionID.rawValue).json,
                "payment_method_categories": .array((sessions?.paymentMethodCategories ?? []).map { .string($0) }),
            ],
            "order": (order?.json).map { .object($0) } ?? .null,
            "customer_token": ((chargedToken ?? customerToken?.id)?.rawValue).json,
            "problem": problem?.json ?? .null,
            "metadata": .object(metadata),
        ]
    }

    /// Whether the lines are others than those that were bought: then amount and tax go with them.
    private var isUpdated: Bool { order?.lines != nil }

    private var lineTaxes: MinorUnits? { OrderLineRules(country: purchase.country).taxSum(of: orderLines) }
}

extension Order {
    var json: JSONObject {
        [
            "order_id": .string(orderID.rawValue),
            "klarna_reference": klarnaReference.json,
            "fraud_status": fraudStatus.json,
            "status": .string(status),
            "authorized_amount": authorizedAmount.json,
            "captured_amount": capturedAmount.json,
            "refunded_amount": refundedAmount.json,
            "remaining_authorized_amount": remainingAuthorizedAmount.json,
            "placed_at": .string(placedAt.description),
            "expires_at": expiresAt.json,
        ]
    }
}

extension StoredEvent {
    /// One entry of the history. Klarna's `event_id` stands there when the event was a callback.
    package var json: JSON {
        var detail = event.detail
        var json: JSONObject = [
            "at": .string(event.at.description),
            "type": .string(event.type),
            "source": .string(event.source.rawValue),
        ]
        if let eventID = event.eventID {
            detail["event_id"] = .string(eventID)
            json["event_id"] = .string(eventID)
        }
        json["detail"] = .object(detail)
        return .object(json)
    }
}

extension MinorUnits {
    var json: JSON { .integer(value) }
}

extension String? {
    var json: JSON { map { .string($0) } ?? .null }
}

extension Timestamp? {
    var json: JSON { map { .string($0.description) } ?? .null }
}

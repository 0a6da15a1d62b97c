internal import Checkouts
internal import Klarna
internal import Money
internal import Wire

extension Checkout {
    /// The checkout as merchants see it. The members and their order are part of the interface; no Klarna token is
    /// among them.
    var json: JSON {
        [
            "id": .string(id.rawValue),
            "merchant_reference": merchantReference.json,
            "account": .string(account),
            "provider": "klarna_payments",
            "status": .string(status.rawValue),
            "purchase_country": .string(purchase.country),
            "purchase_currency": .string(purchase.currency),
            "locale": .string(purchase.locale),
            "order_amount": purchase.orderAmount.json,
            "order_tax_amount": purchase.orderTaxAmount?.json ?? .null,
            "order_lines": .array(purchase.orderLines.map(\.json)),
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
            "order": order?.json ?? .null,
            "customer_token": .null,
            "problem": problem?.json ?? .null,
            "metadata": .object(metadata),
        ]
    }
}

extension Order {
    fileprivate var json: JSON {
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
    var json: JSON {
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
    fileprivate var json: JSON { .integer(value) }
}

extension String? {
    fileprivate var json: JSON { map { .string($0) } ?? .null }
}

extension Timestamp? {
    fileprivate var json: JSON { map { .string($0.description) } ?? .null }
}

internal import Klarna
internal import Money
public import Wire

extension Order {
    var json: JSON {
        var json = JSONObject()
        json["order_id"] = .string(orderID.rawValue)
        json["klarna_reference"] = klarnaReference.map(JSON.string)
        json["fraud_status"] = fraudStatus.map(JSON.string)
        json["status"] = .string(status)
        json["authorized_amount"] = .integer(authorizedAmount.value)
        json["captured_amount"] = .integer(capturedAmount.value)
        json["refunded_amount"] = .integer(refundedAmount.value)
        json["remaining_authorized_amount"] = .integer(remainingAuthorizedAmount.value)
        json["placed_at"] = .integer(placedAt.milliseconds)
        json["expires_at"] = expiresAt.map { .integer($0.milliseconds) }
        json["lines"] = lines.map { .array($0.map(\.json)) }
        return .object(json)
    }

    init?(json: JSON) {
        guard let orderID = json["order_id"]?.string, let status = json["status"]?.string,
            let authorized = json["authorized_amount"]?.integer, let captured = json["captured_amount"]?.integer,
            let refunded = json["refunded_amount"]?.integer,
            let remaining = json["remaining_authorized_amount"]?.integer,
            let placedAt = json["placed_at"].flatMap(Timestamp.init(json:))
        else { return nil }
        self.init(
            orderID: OrderID(rawValue: orderID),
            klarnaReference: json["klarna_reference"]?.string,
            fraudStatus: json["fraud_status"]?.string,
            status: status,
            authorizedAmount: MinorUnits(authorized),
            capturedAmount: MinorUnits(captured),
            refundedAmount: MinorUnits(refunded),
            remainingAuthorizedAmount: MinorUnits(remaining),
            placedAt: placedAt,
            expiresAt: json["expires_at"].flatMap(Timestamp.init(json:)),
        )
        lines = json["lines"]?.array?.compactMap { OrderLine(json: $0) }
    }
}

extension Problem {
    var json: JSON {
        var json = JSONObject()
        json["type"] = .string(type.rawValue)
        json["detail"] = .string(detail)
        json["klarna"] = klarna?.json
        return .object(json)
    }

    init?(json: JSON) {
        guard let type = json["type"]?.string.flatMap(Kind.init(rawValue:)), let detail = json["detail"]?.string else {
            return nil
        }
        self.init(type, detail, klarna: json["klarna"].map(KlarnaAnswer.init(json:)))
    }
}

extension Problem.KlarnaAnswer {
    /// The shape in which answers of ours show what Klarna said.
    public var json: JSON {
        [
            "status": status.map { .integer(Int64($0)) } ?? .null,
            "error_code": errorCode.map(JSON.string) ?? .null,
            "error_messages": .array(errorMessages.map(JSON.string)),
            "correlation_id": correlationID.map(JSON.string) ?? .null,
        ]
    }

    init(json: JSON) {
        self.init(
            status: json["status"]?.integer.map { Int($0) },
            errorCode: json["error_code"]?.string,
            errorMessages: (json["error_messages"]?.array ?? []).compactMap(\.string),
            correlationID: json["correlation_id"]?.string,
        )
    }
}

extension Timestamp {
    init?(json: JSON) {
        guard let milliseconds = json.integer else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

import Contest
import Wire

extension Callback {
    /// The same callback by way of Kassa's own scanner; nil when something is missing or of another type.
    init?(_ json: JSON) {
        guard let eventID = json["event_id"]?.string, let session = json["session"].flatMap({ Session($0) }) else {
            return nil
        }
        self.init(eventID: eventID, session: session)
    }
}

extension Callback.Session {
    fileprivate init?(_ json: JSON) {
        guard let id = json["session_id"]?.string, let status = json["status"]?.string,
            let updatedAt = json["updated_at"]?.string, let expiresAt = json["expires_at"]?.string,
            let orderID = json["order_id"]?.string, let klarnaReference = json["klarna_reference"]?.string,
            let order = json["order"].flatMap({ Callback.Order($0) })
        else { return nil }
        self.init(
            id: id,
            status: status,
            updatedAt: updatedAt,
            expiresAt: expiresAt,
            orderID: orderID,
            klarnaReference: klarnaReference,
            order: order,
        )
    }
}

extension Callback.Order {
    fileprivate init?(_ json: JSON) {
        guard let country = json["purchase_country"]?.string, let currency = json["purchase_currency"]?.string,
            let locale = json["locale"]?.string, let amount = json["order_amount"]?.integer,
            let taxAmount = json["order_tax_amount"]?.integer, let elements = json["order_lines"]?.array,
            let merchantReference = json["merchant_reference1"]?.string
        else { return nil }
        let lines = elements.compactMap { Callback.Line($0) }
        guard lines.count == elements.count else { return nil }
        self.init(
            country: country,
            currency: currency,
            locale: locale,
            amount: amount,
            taxAmount: taxAmount,
            lines: lines,
            merchantReference: merchantReference,
        )
    }
}

extension Callback.Line {
    fileprivate init?(_ json: JSON) {
        guard let type = json["type"]?.string, let reference = json["reference"]?.string,
            let name = json["name"]?.string, let quantity = json["quantity"]?.integer,
            let unitPrice = json["unit_price"]?.integer, let taxRate = json["tax_rate"]?.integer,
            let totalAmount = json["total_amount"]?.integer, let totalTaxAmount = json["total_tax_amount"]?.integer
        else { return nil }
        self.init(
            type: type,
            reference: reference,
            name: name,
            quantity: quantity,
            unitPrice: unitPrice,
            taxRate: taxRate,
            totalAmount: totalAmount,
            totalTaxAmount: totalTaxAmount,
        )
    }
}

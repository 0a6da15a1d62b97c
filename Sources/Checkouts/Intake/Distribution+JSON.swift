public import Klarna
public import Wire

extension Distribution {
    /// Reads the body of `POST /v1/checkouts/{id}/distribution`: how the link to the hosted page reaches the shopper.
    ///
    /// Klarna Hosted Payment Page v1, `POST /hpp/v1/sessions/{session_id}/distribution`.
    ///
    /// - Throws: Every fault of the body at once.
    public init(json: JSON) throws(Faults) {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        _ = reader.member("method", required: true)
        let method = reader.choice("method", ["email", "sms", "token"], ignoringCase: true)
        let email = NewCheckout.email(&reader)
        let phone = reader.text("phone", 5...99, .anything)
        let country = NewCheckout.country(&reader, "phone_country")
        let accessID = reader.text("access_id", 1...2000, .anything)
        var distribution: Distribution?
        switch method {
        case "email": distribution = Distribution.required("email", email, &reader).map { .email($0) }
        case "sms":
            let phone = Distribution.required("phone", phone, &reader)
            let country = Distribution.required("phone_country", country, &reader)
            if let phone, let country { distribution = .sms(phone: phone, country: country) }
        case "token": distribution = Distribution.required("access_id", accessID, &reader).map { .token(accessID: $0) }
        case _: distribution = nil
        }
        reader.end()
        guard let distribution, reader.faults.isEmpty else { throw Faults(reader.faults) }
        self = distribution
    }

    private static func required(_ name: String, _ value: String?, _ reader: inout ObjectReader) -> String? {
        if value == nil, !reader.hasFault(name) { reader.note(name, "is required with this method") }
        return value
    }
}

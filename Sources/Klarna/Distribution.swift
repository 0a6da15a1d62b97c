internal import Wire

/// How Klarna hands the hosted page to the shopper. Klarna Hosted Payment Page v1, `distribution`.
///
/// It prints the way alone: the rest is personal.
public enum Distribution: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    case email(String)
    /// The country is ISO 3166-1 alpha-2, that of the phone.
    case sms(phone: String, country: String)
    /// To the one who showed it, as read from a QR code.
    case token(accessID: String)

    /// Klarna's word for the way.
    public var method: String {
        switch self {
        case .email: "email"
        case .sms: "sms"
        case .token: "token"
        }
    }

    var bytes: [UInt8] {
        let contact: JSONObject =
            switch self {
            case .email(let address): ["email": .string(address)]
            case .sms(let phone, let country): ["phone": .string(phone), "phone_country": .string(country)]
            case .token(let accessID): ["access_id": .string(accessID)]
            }
        return JSON.object(["method": .string(method), "contact_information": .object(contact)]).bytes
    }

    public var description: String { method }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

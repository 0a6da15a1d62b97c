public import Wire

/// A link to a hosted page that the merchant had Klarna send. Here it goes nowhere but into a list.
struct Distribution: Sendable {
    enum Method: String, Sendable {
        case email = "EMAIL"
        case sms = "SMS"
        case token = "TOKEN"

        /// How many the playground sends on one day.
        var dailyMax: Int {
            switch self {
            case .email: 100
            case .sms: 20
            case .token: Int.max
            }
        }
    }

    let at: Timestamp
    let hppSessionID: String
    let method: Method
    /// As it was sent.
    let contact: JSONObject
    let url: String

    var json: JSON {
        [
            "at": .string(at.description), "hpp_session_id": .string(hppSessionID), "method": .string(method.rawValue),
            "contact_information": .object(contact), "url": .string(url),
        ]
    }
}

extension SandboxWorld {
    /// Every link that was sent, the newest last.
    public var distributedLinks: [JSON] { distributions.map(\.json) }

    /// Klarna HPP v1, `POST /hpp/v1/sessions/{session_id}/distribution`.
    mutating func distributeHPPSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let session = try liveHPPSession(call.id, at: call.now)
        let wrongPaths = HPPRules.distribution.wrongPaths(in: .object(call.body), at: "")
        guard wrongPaths.isEmpty, let word = call.body.string("method")?.uppercased(),
            let method = Distribution.Method(rawValue: word)
        else { throw .badValue(wrongPaths) }
        guard HPPRules.hasContact(call.body) else {
            throw KlarnaRefusal(400, "MISSING_CONTACT_DATA", "Missing contact data")
        }
        guard !session.status.isFinal else {
            throw KlarnaRefusal(400, "BAD_VALUE", "HPP session is not open any more")
        }
        let day = call.now.milliseconds / 86_400_000
        let sentToday = distributions.reversed().prefix { $0.at.milliseconds / 86_400_000 == day }
        guard sentToday.count(where: { $0.method == method }) < method.dailyMax else {
            throw KlarnaRefusal(403, "NOT_ALLOWED", "No more than \(method.dailyMax) messages of this kind a day")
        }
        distributions.append(
            Distribution(
                at: call.now,
                hppSessionID: session.id,
                method: method,
                contact: call.body["contact_information"]?.object ?? JSONObject(),
                url: session.pageURL,
            )
        )
        return KlarnaAnswer(204)
    }
}

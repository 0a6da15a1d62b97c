import KlarnaSandbox
import Testing
import Wire

/// A world with a clock that only the test moves, spoken to as a merchant would.
final class Merchant {
    static let base = "http://127.0.0.1:8081"

    var world: SandboxWorld
    var now = Timestamp(milliseconds: 1_700_000_000_000)

    init(behaviour: SandboxWorld.Behaviour = .init()) {
        world = SandboxWorld(behaviour: behaviour, random: Counting())
    }

    func call(
        _ method: String,
        _ path: String,
        _ body: JSON? = nil,
        authorization: String? = "Basic dXNlcjpwYXNzd29yZA==",
        contentType: String = "application/json",
        idempotencyKey: String? = nil,
    ) -> KlarnaAnswer {
        world.answer(
            KlarnaCall(
                method: method,
                path: path,
                authorization: authorization,
                contentType: body == nil ? nil : contentType,
                idempotencyKey: idempotencyKey,
                body: body?.bytes ?? [],
                baseURL: Merchant.base,
            ),
            at: now,
        )
    }

    func act(_ action: ShopperAction, _ hppSessionID: String) throws -> ShopperOutcome {
        try world.act(action, onHPPSession: hppSessionID, at: now)
    }

    func wait(_ duration: Duration) { now = now + duration }

    /// A payment session and a page around it.
    func open(
        _ purchase: JSON = .mug,
        urls: JSON? = .merchantURLs,
        options: JSON? = nil,
    ) throws -> (paymentSession: String, hppSession: String) {
        let created = call("POST", "/payments/v1/sessions", purchase)
        try #require(created.status == 200)
        let id = try #require(created.json["session_id"]?.string)
        var body: JSONObject = ["payment_session_url": .string("\(Merchant.base)/payments/v1/sessions/\(id)")]
        body["merchant_urls"] = urls
        body["options"] = options
        let hosted = call("POST", "/hpp/v1/sessions", .object(body))
        try #require(hosted.status == 201)
        return (id, try #require(hosted.json["session_id"]?.string))
    }

    /// The token of a shopper who agreed.
    func authorize(_ purchase: JSON = .mug, urls: JSON? = .merchantURLs) throws -> String {
        let session = try open(purchase, urls: urls)
        _ = try act(.approve, session.hppSession)
        return try #require(call("GET", "/hpp/v1/sessions/\(session.hppSession)").json["authorization_token"]?.string)
    }
}

/// Not random at all, so that two runs have the same ids.
private struct Counting: RandomNumberGenerator, Sendable {
    var last: UInt64 = 0

    mutating func next() -> UInt64 {
        last &+= 0x9E37_79B9_7F4A_7C15
        return (last ^ last >> 30) &* 0xBF58_476D_1CE4_E5B9
    }
}

extension KlarnaAnswer {
    var json: JSON { (try? JSON.parse(body)) ?? .null }

    var errorCode: String? { json["error_code"]?.string }

    var errorMessages: [String] { (json["error_messages"]?.array ?? []).compactMap(\.string) }
}

extension JSON {
    /// Two mugs at SEK 125.00 with 25 % tax.
    static let mug: JSON = [
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "order_amount": 25_000,
        "order_tax_amount": 5000,
        "order_lines": [
            [
                "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 12_500,
                "tax_rate": 2500, "total_amount": 25_000, "total_tax_amount": 5000,
            ]
        ],
        "merchant_reference1": "order-1001",
    ]

    static let merchantURLs: JSON = [
        "success": "https://shop.example/ok?sid={{session_id}}&token={{authorization_token}}&oid={{order_id}}",
        "cancel": "https://shop.example/cancel?sid={{session_id}}",
        "back": "https://shop.example/back?sid={{session_id}}&token={{authorization_token}}",
        "failure": "https://shop.example/failure", "error": "https://shop.example/error",
        "status_update": "https://shop.example/status/{{session_id}}",
    ]

    /// This value with the one at a path such as `order_lines[0].name` replaced, or removed by `nil`.
    func with(_ path: String, _ value: JSON?) -> JSON {
        replacing(path.split { ".[]".contains($0) }.map(String.init)[...], value)
    }

    private func replacing(_ steps: ArraySlice<String>, _ value: JSON?) -> JSON {
        guard let step = steps.first else { return value ?? .null }
        let rest = steps.dropFirst()
        switch self {
        case .array(var elements):
            guard let index = Int(step) else { return self }
            if rest.isEmpty, value == nil {
                elements.remove(at: index)
            } else if index < elements.count {
                elements[index] = elements[index].replacing(rest, value)
            } else {
                elements.append(JSON.null.replacing(rest, value))
            }
            return .array(elements)
        case .object(var object):
            object[step] = rest.isEmpty ? value : (object[step] ?? .object(JSONObject())).replacing(rest, value)
            return .object(object)
        case .null, .bool, .integer, .number, .string: return self
        }
    }
}

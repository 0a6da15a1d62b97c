import KlarnaSandbox
import Testing
import Wire

@Suite("An order in the sandbox")
struct OrderManagementTests {
    @Test(arguments: operations, OrderState.allCases)
    func `allows and refuses by where it stands`(operation: Operation, state: OrderState) throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, state)
        let before = merchant.call("GET", order).json
        let answer = merchant.call(operation, on: order)
        let expected = try #require(operation.answers[state])
        #expect(answer.status == expected.status)
        #expect(answer.errorCode == expected.code)
        if expected.status < 300 {
            #expect(answer.body == [])
        } else {
            #expect(merchant.call("GET", order).json == before)
        }
    }

    @Test(arguments: [
        ("GET", "", "cannot be found"), ("GET", "/captures", "cannot be found"),
        ("POST", "/acknowledge", "cannot be found. Acknowledgement not possible."),
        ("PATCH", "/merchant-references", "cannot be found. Merchant references cannot be updated."),
        ("POST", "/shipping-info", "cannot be found. Shipping info cannot be added to order \(Merchant.unknownID)."),
        ("POST", "/captures", "cannot be found. Capture not possible."),
        ("POST", "/cancel", "cannot be found. Cancel not possible."),
        ("GET", "/refunds/\(Merchant.unknownID)", "cannot be found"),
    ])
    func `is missed in words about what was wanted`(method: String, operation: String, words: String) {
        let merchant = Merchant()
        let path = "/ordermanagement/v1/orders/\(Merchant.unknownID)\(operation)"
        let answer = merchant.call(method, path, method == "GET" ? nil : [:])
        #expect(answer.status == 404)
        #expect(answer.errorCode == "NO_SUCH_ORDER")
        #expect(answer.errorMessages == ["Order \(Merchant.unknownID) \(words)"])
        let malformed = merchant.call(
            method,
            "/ordermanagement/v1/orders/12345\(operation)",
            method == "GET" ? nil : [:],
        )
        #expect(malformed.status == 400)
        #expect(malformed.errorCode == "INVALID_ORDER_ID")
    }

    @Test(arguments: ["acknowledge", "cancel", "extend-authorization-time"], [nil, "", "[]", "{}", "null"])
    func `asks for no body where none is described`(operation: String, body: String?) throws {
        for contentType in [nil, "application/json", "application/json; charset=utf-8"] {
            let merchant = Merchant()
            let order = try merchant.order()
            let call = KlarnaCall(
                method: "POST",
                path: "\(order)/\(operation)",
                authorization: "Basic dXNlcjpwYXNzd29yZA==",
                contentType: contentType,
                body: Array((body ?? "").utf8),
                baseURL: Merchant.base,
            )
            #expect(merchant.world.answer(call, at: merchant.now).status == 204)
        }
    }

    @Test func `takes the empty list for an empty object`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        #expect(merchant.call("PATCH", "\(order)/merchant-references", []).status == 204)
        #expect(merchant.call("PATCH", "\(order)/customer-details", []).status == 204)
        #expect(merchant.call("POST", "\(order)/captures", []).status == 422)
        #expect(merchant.call("POST", "\(order)/captures", ["captured_amount"]).status == 400)
        #expect(merchant.call("POST", "\(order)/captures", [:], contentType: "text/plain").status == 415)
    }

    @Test func `keeps a reference that is not sent and clears one that is empty`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        #expect(
            merchant.call("PATCH", "\(order)/merchant-references", ["merchant_reference2": "cart-7"]).status == 204
        )
        #expect(merchant.read(order, "merchant_reference1", "merchant_reference2") == "order-1001 cart-7")
        #expect(merchant.call("PATCH", "\(order)/merchant-references", ["merchant_reference1": ""]).status == 204)
        #expect(merchant.read(order, "merchant_reference1", "merchant_reference2") == " cart-7")
    }

    @Test func `loses the lines that an update leaves out`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        let update: JSON = [
            "order_amount": 12_500,
            "order_lines": [["name": "Mug", "quantity": 1, "unit_price": 12_500, "total_amount": 12_500]],
        ]
        #expect(merchant.call("PATCH", "\(order)/authorization", update).status == 204)
        #expect(
            merchant.read(order, "order_amount", "original_order_amount", "remaining_authorized_amount")
                == "12500 25000 12500"
        )
        #expect(merchant.call("GET", order).json["order_lines"]?.array?.first?["quantity"] == 1)
        #expect(merchant.call("PATCH", "\(order)/authorization", ["order_amount": 12_500]).status == 204)
        #expect(merchant.call("GET", order).json["order_lines"] == [])
    }

    @Test func `is updated to no less than was captured, and is then captured`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .partCaptured)
        let refused = merchant.call("PATCH", "\(order)/authorization", ["order_amount": 9999])
        #expect(refused.status == 403)
        #expect(refused.errorCode == "NOT_ALLOWED")
        #expect(
            refused.errorMessages == [
                "Resulting authorization amount 9999 cannot be less than the captured amount 10000 for order. "
                    + "Order authorization cannot be updated"
            ]
        )
        #expect(merchant.call("PATCH", "\(order)/authorization", ["order_amount": 10_000]).status == 204)
        #expect(merchant.read(order, "status", "remaining_authorized_amount") == "CAPTURED 0")
    }

    @Test(arguments: SandboxWorld.PaymentMethod.allCases)
    func `grows only if it is paid in a way that lets it`(method: SandboxWorld.PaymentMethod) throws {
        let merchant = Merchant()
        merchant.world.behaviour.paymentMethod = method
        let order = try merchant.order()
        let grows =
            switch method {
            case .invoice, .b2bInvoice, .baseAccount, .fixedAmount, .directDebit: true
            case .fixedSumCredit, .directBankTransfer, .card: false
            }
        #expect(merchant.call("PATCH", "\(order)/authorization", ["order_amount": 25_000]).status == 204)
        #expect(
            merchant.call("PATCH", "\(order)/authorization", ["order_amount": 25_001]).status == (grows ? 204 : 403)
        )
        #expect(merchant.read(order, "order_amount", "original_order_amount") == "\(grows ? 25_001 : 25_000) 25000")
    }

    @Test(arguments: [
        ("invoice", "CHF", "CH", true), ("direct_debit", "CHF", "CH", false), ("fixed_amount", "CHF", "CH", false),
        ("fixed_amount", "EUR", "FI", true), ("fixed_amount", "EUR", "ES", false),
    ])
    func `grows only where its market lets it`(word: String, currency: String, country: String, grows: Bool) throws {
        let merchant = Merchant()
        merchant.world.behaviour.paymentMethod = SandboxWorld.PaymentMethod(rawValue: word)
        let purchase = JSON.mug.with("purchase_country", .string(country)).with("purchase_currency", .string(currency))
        let order = try merchant.order(purchase)
        #expect(
            merchant.call("PATCH", "\(order)/authorization", ["order_amount": 25_001]).status == (grows ? 204 : 403)
        )
    }

    @Test func `gets a new address for the goods and for the bill`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug(email: "customer@email.se").with("shipping_address", .address))
        let path = "\(order)/customer-details"
        let moved: JSON = ["shipping_address": ["city": "Göteborg", "postal_code": "411 24", "phone": ""]]
        #expect(merchant.call("PATCH", path, moved).status == 204)
        let address = merchant.call("GET", order).json["shipping_address"]
        #expect(address?["city"] == "Göteborg")
        #expect(address?["phone"] == "")
        #expect(address?["street_address"] == "Södra Blasieholmshamnen 2")
        #expect(merchant.call("PATCH", path, ["billing_address": ["city": "Lund"]]).status == 204)
        #expect(merchant.call("GET", order).json["billing_address"]?["city"] == "Lund")
        for wrong in [["city": ""], ["country": "Sweden"], ["email": "nobody"]] as [JSON] {
            let refused = merchant.call("PATCH", path, ["shipping_address": wrong])
            #expect(refused.status == 422)
            #expect(refused.errorCode == "INVALID_ADDRESS")
        }
        #expect(merchant.call("GET", order).json["shipping_address"] == address)
    }

    @Test func `keeps the address for the bill where it goes to an account`() throws {
        var behaviour = SandboxWorld.Behaviour()
        behaviour.paymentMethod = .baseAccount
        let merchant = Merchant(behaviour: behaviour)
        let path = "\(try merchant.order(.mug))/customer-details"
        let refused = merchant.call("PATCH", path, ["billing_address": ["city": "Lund"]])
        #expect(refused.status == 403)
        #expect(refused.errorCode == "NOT_ALLOWED")
        #expect(merchant.call("PATCH", path, ["shipping_address": ["city": "Lund"]]).status == 204)
    }

    @Test func `gets a new address for the bill of a capture, and none for its goods`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .partCaptured)
        let capture = "\(order)/captures/\(merchant.firstCaptureID(order))"
        #expect(
            merchant.call("PATCH", "\(capture)/customer-details", ["billing_address": ["city": "Lund"]]).status == 204
        )
        #expect(merchant.call("GET", capture).json["billing_address"]?["city"] == "Lund")
        let goods: JSON = ["shipping_address": ["city": "Lund"]]
        #expect(merchant.call("PATCH", "\(capture)/customer-details", goods).status == 403)
        #expect(merchant.call("PATCH", "\(order)/captures/unknown/customer-details", goods).status == 404)
    }

    @Test func `collects what was sent where to`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .partCaptured)
        let second: JSON = ["shipping_info": [["tracking_number": "2"], ["tracking_number": "3"]]]
        for path in ["\(order)/shipping-info", "\(order)/captures/\(merchant.firstCaptureID(order))/shipping-info"] {
            #expect(merchant.call("POST", path, .shippingInfo).status == 204)
            #expect(merchant.call("POST", path, second).status == 204)
        }
        let reading = merchant.call("GET", order).json
        for holder in [reading, try #require(reading["captures"]?.array?.first)] {
            #expect(holder["shipping_info"]?.array?.map { $0["tracking_number"]?.string } == ["1", "2", "3"])
        }
    }

    @Test func `stays open for 28 days from the last extension, and 180 at most`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        let path = "\(order)/extend-authorization-time"
        #expect(merchant.read(order, "expires_at") == "2023-12-12T00:00:00.000Z")
        merchant.wait(.seconds(10 * 86_400))
        for _ in 1...2 {
            #expect(merchant.call("POST", path).status == 204)
            #expect(merchant.read(order, "expires_at") == "2023-12-22T00:00:00.000Z")
        }
        for _ in 1...7 {
            merchant.wait(.seconds(25 * 86_400))
            #expect(merchant.call("POST", path).status == (merchant.read(order, "status") == "EXPIRED" ? 403 : 204))
        }
        #expect(merchant.read(order, "status", "expires_at") == "EXPIRED 2024-05-12T00:00:00.000Z")
    }

    @Test(arguments: [
        (SandboxWorld.PartCapturedExpiry.expired, "EXPIRED"), (.closed, "CLOSED"), (.captured, "CAPTURED"),
        (.partCaptured, "PART_CAPTURED"),
    ])
    func `lets nothing be captured after its time, whatever it reads`(
        expiry: SandboxWorld.PartCapturedExpiry,
        status: String,
    ) throws {
        let merchant = Merchant()
        merchant.world.behaviour.partCapturedExpiry = expiry
        let order = try merchant.order(.mug, .partCaptured)
        merchant.wait(.seconds(30 * 86_400))
        #expect(merchant.read(order, "status", "remaining_authorized_amount") == "\(status) 0")
        #expect(merchant.capture(order, 1).errorCode == "CAPTURE_NOT_ALLOWED")
        #expect(merchant.call("POST", "\(order)/release-remaining-authorization").errorCode == "NOT_ALLOWED")
        #expect(merchant.refund(order, 10_000).status == 201)
        #expect(merchant.world.orders(at: merchant.now).first?["status"]?.string == status)
    }

    @Test(arguments: [(SandboxWorld.StatusAfterRelease.closed, "CLOSED"), (.captured, "CAPTURED")])
    func `reads as its behaviour has it once the rest is released`(
        behaviour: SandboxWorld.StatusAfterRelease,
        status: String,
    ) throws {
        let merchant = Merchant()
        merchant.world.behaviour.statusAfterRelease = behaviour
        let order = try merchant.order(.mug, .partCaptured)
        #expect(merchant.call("POST", "\(order)/release-remaining-authorization").status == 204)
        #expect(
            merchant.read(order, "status", "captured_amount", "remaining_authorized_amount") == "\(status) 10000 0"
        )
        #expect(merchant.capture(order, 1).errorCode == "CAPTURE_NOT_ALLOWED")
        #expect(merchant.refund(order, 10_000).status == 201)
    }
}

struct Operation: Sendable, CustomTestStringConvertible {
    let method: String
    /// With `{capture_id}` for the first capture's.
    let path: String
    let body: JSON?
    let answers: [OrderState: (status: Int, code: String?)]

    /// `statuses` are those for the order's states in their order.
    init(
        _ method: String,
        _ path: String,
        _ body: JSON? = nil,
        answers statuses: [Int],
        refused code: String = "NOT_ALLOWED",
    ) {
        self.method = method
        self.path = path
        self.body = body
        let answers = zip(OrderState.allCases, statuses).map { state, status in
            (state, (status: status, code: status < 300 ? nil : code))
        }
        self.answers = Dictionary(uniqueKeysWithValues: answers)
    }

    var testDescription: String { "\(method) \(path)" }
}

let operations: [Operation] = [
    //                                                       authorized, partly, captured, cancelled, expired, closed
    Operation("POST", "acknowledge", answers: [204, 204, 204, 204, 204, 204]),
    Operation("PATCH", "authorization", ["order_amount": 20_000], answers: [204, 204, 403, 403, 403, 403]),
    Operation(
        "POST",
        "captures",
        ["captured_amount": 100],
        answers: [201, 201, 403, 403, 403, 403],
        refused: "CAPTURE_NOT_ALLOWED",
    ),
    Operation("POST", "captures/{capture_id}/shipping-info", .shippingInfo, answers: [403, 204, 204, 403, 403, 204]),
    Operation("POST", "captures/{capture_id}/trigger-send-out", answers: [403, 204, 204, 403, 403, 204]),
    Operation(
        "PATCH",
        "captures/{capture_id}/extend-due-date",
        ["number_of_days": 14],
        answers: [403, 204, 204, 403, 403, 204],
    ),
    Operation("PATCH", "customer-details", ["shipping_address": .address], answers: [204, 204, 403, 403, 403, 403]),
    Operation("PATCH", "merchant-references", ["merchant_reference1": "n"], answers: [204, 204, 204, 403, 204, 204]),
    Operation("POST", "shipping-info", .shippingInfo, answers: [204, 204, 204, 204, 204, 204]),
    Operation("POST", "extend-authorization-time", answers: [204, 204, 403, 403, 403, 403]),
    Operation(
        "POST",
        "refunds",
        ["refunded_amount": 100],
        answers: [403, 201, 201, 403, 403, 201],
        refused: "REFUND_NOT_ALLOWED",
    ),
    Operation("POST", "release-remaining-authorization", answers: [403, 204, 403, 403, 403, 403]),
    Operation("POST", "cancel", answers: [204, 403, 403, 403, 403, 403], refused: "CANCEL_NOT_ALLOWED"),
]

extension Merchant {
    func call(_ operation: Operation, on order: String) -> KlarnaAnswer {
        let path = operation.path.replacing("{capture_id}", with: firstCaptureID(order))
        return call(operation.method, "\(order)/\(path)", operation.body)
    }
}

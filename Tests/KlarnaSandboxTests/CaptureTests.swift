import KlarnaSandbox
import Testing
import Wire

@Suite("A capture in the sandbox")
struct CaptureTests {
    @Test func `is named in the answer's fields and read in full`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug(email: "customer@email.se"))
        let body: JSON = [
            "captured_amount": 12_500, "description": "First parcel", "reference": "ship-1",
            "order_lines": [["name": "Mug", "quantity": 1, "unit_price": 12_500, "total_amount": 12_500]],
            "shipping_info": [["tracking_number": "1"]],
        ]
        let answer = merchant.call("POST", "\(order)/captures", body)
        #expect(answer.status == 201)
        #expect(answer.body == [])
        let id = try #require(answer.fields["Capture-Id"])
        #expect(answer.fields["Location"] == "\(Merchant.base)\(order)/captures/\(id)")
        let capture = merchant.call("GET", "\(order)/captures/\(id)")
        #expect(capture.status == 200)
        for name in ["captured_amount", "description", "reference", "shipping_info"] {
            #expect(capture.json[name] == body[name])
        }
        #expect(capture.json["captured_at"]?.string == merchant.now.description)
        #expect(capture.json["refunded_amount"] == 0)
        #expect(capture.json["order_lines"]?.array?.first?["type"] == "physical")
        #expect(capture.json["billing_address"]?["city"] == "Stockholm")
        #expect(merchant.call("GET", "\(order)/captures").json == [capture.json])
        #expect(merchant.call("GET", order).json["captures"] == [capture.json])
        #expect(merchant.world.orders(at: merchant.now).first?["acknowledged"] == true)
    }

    @Test func `takes what remains and no more`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        #expect(merchant.capture(order, 10_000).status == 201)
        #expect(
            merchant.read(order, "status", "captured_amount", "remaining_authorized_amount")
                == "PART_CAPTURED 10000 15000"
        )
        let refused = merchant.capture(order, 15_001)
        #expect(refused.status == 403)
        #expect(refused.errorCode == "CAPTURE_NOT_ALLOWED")
        #expect(refused.errorMessages == ["Capture not allowed"])
        #expect(merchant.capture(order, 0).errorCode == "CAPTURE_NOT_ALLOWED")
        #expect(merchant.capture(order, 15_000).status == 201)
        #expect(merchant.read(order, "status", "captured_amount", "remaining_authorized_amount") == "CAPTURED 25000 0")
        let reference = merchant.read(order, "klarna_reference")
        let captures = merchant.call("GET", "\(order)/captures").json.array ?? []
        #expect(captures.map { $0["klarna_reference"]?.string } == ["\(reference)-1", "\(reference)-2"])
    }

    @Test func `is missed by its own name`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .partCaptured)
        let path = "\(order)/captures/\(Merchant.unknownID)"
        let calls: [(String, String, JSON?, String)] = [
            ("GET", path, nil, ""), ("GET", "\(path)/extend-due-date-options", nil, ""),
            (
                "POST", "\(path)/shipping-info", .shippingInfo,
                " Shipping info cannot be added to capture \(Merchant.unknownID)",
            ),
            ("POST", "\(path)/trigger-send-out", nil, " Send out not possible."),
            ("PATCH", "\(path)/extend-due-date", ["number_of_days": 14], " Due date not extended."),
        ]
        for (method, path, body, words) in calls {
            let answer = merchant.call(method, path, body)
            #expect(answer.status == 404)
            #expect(answer.errorCode == "NO_SUCH_CAPTURE")
            #expect(answer.errorMessages == ["Capture could not be found.\(words)"])
        }
    }

    @Test(arguments: ["extend-due-date", "extend-due-date-options"])
    func `has a due date that can be moved by one of the options`(name: String) throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .captured)
        let path = "\(order)/captures/\(merchant.firstCaptureID(order))"
        let options = merchant.call("GET", "\(path)/extend-due-date-options").json
        #expect(options["currency"] == "SEK")
        #expect(options["options"]?.array?.map { $0["number_of_days"]?.integer } == [14, 30])
        #expect(merchant.call("PATCH", "\(path)/\(name)", ["number_of_days": 15]).errorCode == "NOT_ALLOWED")
        #expect(merchant.call("PATCH", "\(path)/\(name)", ["number_of_days": 30]).status == 204)
        #expect(merchant.call("PATCH", "\(path)/\(name)", ["number_of_days": 2_147_483_648]).status == 422)
        #expect(merchant.call("POST", "\(path)/trigger-send-out").status == 204)
        let contacts = merchant.world.orders(at: merchant.now).first?["customer_contacts"]?.array ?? []
        #expect(contacts.map { $0["kind"]?.string } == ["due_date_extension", "send_out"])
        #expect(contacts.first?["number_of_days"] == 30)
    }

    @Test func `has no due date when it was paid at once`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.paymentMethod = .card
        let order = try merchant.order(.mug, .captured)
        let path = "\(order)/captures/\(merchant.firstCaptureID(order))"
        #expect(merchant.call("GET", "\(path)/extend-due-date-options").json["options"] == [])
        #expect(merchant.call("PATCH", "\(path)/extend-due-date", ["number_of_days": 14]).errorCode == "NOT_ALLOWED")
    }

    @Test(arguments: malformed)
    func `is refused in Order Management's words when it is malformed`(
        change: (path: String, value: JSON, words: String)
    ) throws {
        let merchant = Merchant()
        let order = try merchant.order()
        let body: JSON = [
            "captured_amount": 100, "shipping_info": [["shipping_company": "PostNord SE"]],
            "order_lines": [["name": "Mug", "quantity": 1, "unit_price": 100, "total_amount": 100]],
        ]
        let answer = merchant.call("POST", "\(order)/captures", body.with(change.path, change.value))
        #expect(answer.status == 422)
        #expect(answer.errorCode == "UNPROCESSABLE_ENTITY")
        #expect(answer.errorMessages == [change.words])
        #expect(merchant.read(order, "captured_amount") == "0")
        #expect(merchant.call("POST", "\(order)/captures", body).status == 201)
    }
}

private let malformed: [(path: String, value: JSON, words: String)] = [
    ("captured_amount", .null, "The captured_amount value is missing"),
    ("captured_amount", "100", "The captured_amount value is invalid"),
    ("captured_amount", -1, "The captured_amount value is invalid"),
    ("captured_amount", 200_000_001, "The captured_amount value is invalid"),
    ("captured_amount", .number("100.0"), "The captured_amount value is invalid"),
    (
        "shipping_info[0].shipping_company", .string(String(repeating: "x", count: 101)),
        "The size of the shipping_info/shipping_company value must be between 0 and 100",
    ),
    ("shipping_info[0].shipping_method", "Owl", "The shipping_info/shipping_method value is invalid"),
    ("order_lines[0].quantity", -1, "The order_lines/quantity value is invalid"),
    ("order_lines[0].type", "return_fee", "The order_lines/type value is invalid"),
    ("shipping_delay", -1, "The shipping_delay value is invalid"),
]

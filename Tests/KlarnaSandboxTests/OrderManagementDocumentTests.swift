import KlarnaDocsSupport
import KlarnaSandbox
import Testing
import Wire

@Suite(
    "By Klarna's own descriptions of what comes after a purchase, the sandbox",
    .enabled(if: KlarnaDocument.isAvailable, "\(KlarnaDocument.absence)"),
)
struct OrderManagementDocumentTests {
    @Test(arguments: OrderState.allCases)
    func `shows an order wherever it stands`(state: OrderState) throws {
        let merchant = Merchant()
        let document = try KlarnaDocument(.orderManagement)
        let order = try merchant.order(.mug(email: "customer@email.se").with("merchant_data", "{}"), state)
        _ = merchant.refund(order, 100)
        let reading = merchant.call("GET", order).json
        var paths = [order, "\(order)/captures", "\(order)/refunds/\(Merchant.unknownID)"]
        for capture in reading["captures"]?.array ?? [] {
            let path = "\(order)/captures/\(capture["capture_id"]?.string ?? "")"
            paths += [path, "\(path)/extend-due-date-options"]
        }
        for refund in reading["refunds"]?.array ?? [] {
            paths.append("\(order)/refunds/\(refund["refund_id"]?.string ?? "")")
        }
        for path in paths {
            #expect(try document.answerFaults("GET", path, merchant.call("GET", path)) == [], "\(path)")
        }
    }

    @Test(arguments: operations, OrderState.allCases)
    func `answers what is done to an order wherever it stands`(operation: Operation, state: OrderState) throws {
        let merchant = Merchant()
        let document = try KlarnaDocument(.orderManagement)
        let order = try merchant.order(.mug, state)
        let path = "\(order)/\(operation.path.replacing("{capture_id}", with: merchant.firstCaptureID(order)))"
        #expect(try document.answerFaults(operation.method, path, merchant.call(operation, on: order)) == [])
    }

    @Test(arguments: examples)
    func `takes every example of what is done to an order`(example: Example) throws {
        let merchant = Merchant()
        let purchase = try Fixture.json("kp-session-create.request").with("billing_address", .address)
        let order = try merchant.order(purchase.with("shipping_address", .address))
        if example.needsCapture { #expect(merchant.capture(order, 174_700).status == 201) }
        let path = "\(order)/\(example.path.replacing("{capture_id}", with: merchant.firstCaptureID(order)))"
        let body = try Fixture.json("om-\(example.name)")
        #expect(try KlarnaDocument(.orderManagement).requestFaults(example.method, path, body: body) == [])
        #expect(merchant.call(example.method, path, body).status < 300)
    }

    @Test(arguments: examples)
    func `refuses what the document refuses`(example: Example) throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, example.needsCapture ? .captured : .authorized)
        let path = "\(order)/\(example.path.replacing("{capture_id}", with: merchant.firstCaptureID(order)))"
        let body = try Fixture.json("om-\(example.name)")
        let spoilt = try KlarnaDocument(.orderManagement).spoilt(example.method, path, body: body)
        #expect(!spoilt.isEmpty)
        for change in spoilt {
            let answer = merchant.call(example.method, path, body.changed(by: change))
            #expect(answer.status == 422, "\(change)")
            let member = try #require(change.pointer.split(separator: "/").first)
            #expect(answer.errorMessages.first?.contains(member) == true, "\(change)")
        }
    }

    @Test(arguments: SandboxWorld.PaymentMethod.allCases)
    func `makes, shows and charges customer tokens`(method: SandboxWorld.PaymentMethod) throws {
        let merchant = Merchant()
        merchant.world.behaviour.paymentMethod = method
        let authorization = try merchant.authorize(try Fixture.json("kp-session-create.request.tokenize"))
        let creation = "/payments/v1/authorizations/\(authorization)/customer-token"
        let terms = try Fixture.json("kp-customer-token-create.request")
        let payments = try KlarnaDocument(.payments)
        #expect(try payments.requestFaults("POST", creation, body: terms) == [])
        let created = merchant.createToken(authorization, terms)
        #expect(created.status == 200)
        #expect(try payments.answerFaults("POST", creation, created) == [])

        let tokens = try KlarnaDocument(.customerToken)
        let path = "/customer-token/v1/tokens/\(try #require(created.json["token_id"]?.string))"
        #expect(try tokens.answerFaults("GET", path, merchant.call("GET", path)) == [])
        let order = try Fixture.json("ct-order-create.request")
        // In the guides and not in the document.
        #expect(try tokens.requestFaults("POST", "\(path)/order", body: order, except: ["/locale"]) == [])
        let urls: JSON = ["confirmation": "https://shop.example/c"]
        let placed = merchant.call("POST", "\(path)/order", order.with("merchant_urls", urls))
        #expect(placed.status == 200)
        #expect(try tokens.answerFaults("POST", "\(path)/order", placed) == [])
        // The guide's sample has no `redirect_url`, which the document requires.
        let plain = merchant.call("POST", "\(path)/order", order)
        #expect(try tokens.answerFaults("POST", "\(path)/order", plain) == ["/redirect_url is missing"])
        let cancelled = try Fixture.json("ct-status-update.request")
        #expect(try tokens.requestFaults("PATCH", "\(path)/status", body: cancelled) == [])
        let answer = merchant.call("PATCH", "\(path)/status", cancelled)
        #expect(answer.status == 202)
        #expect(try tokens.answerFaults("PATCH", "\(path)/status", answer) == [])
        #expect(merchant.call("GET", path).json["status"] == "CANCELLED")
    }

    @Test func `refuses about customer tokens what the documents refuse`() throws {
        let merchant = Merchant()
        let authorization = try merchant.authorize(.subscription("tokenize"))
        let creation = "/payments/v1/authorizations/\(authorization)/customer-token"
        let terms = JSON.tokenTerms.with("customer", ["date_of_birth": "1941-03-21", "gender": "male"])
        for change in try KlarnaDocument(.payments).spoilt("POST", creation, body: terms) {
            #expect(merchant.createToken(authorization, terms.changed(by: change)).status == 400, "\(change)")
        }
        let token = try merchant.token()
        let order = JSON.charge.with("auto_capture", true).with("merchant_data", "{}").with("merchant_reference1", "n")
            .with("merchant_urls", ["confirmation": "https://shop.example/c", "push": "https://shop.example/p"])
            .with("shipping_address", .address).with("attachment", ["content_type": "x", "body": "{}"])
        let path = "/customer-token/v1/tokens/\(token)/order"
        let spoilt = try KlarnaDocument(.customerToken).spoilt("POST", path, body: order)
        #expect(spoilt.count > 100)
        for change in spoilt { #expect(merchant.charge(token, order.changed(by: change)).status == 400, "\(change)") }
        #expect(merchant.charge(token, order).status == 200)
    }
}

struct Example: Sendable, CustomTestStringConvertible {
    let name: String
    let method: String
    let path: String
    let needsCapture: Bool

    init(_ name: String, _ method: String, _ path: String, needsCapture: Bool = false) {
        self.name = name
        self.method = method
        self.path = path
        self.needsCapture = needsCapture
    }

    var testDescription: String { name }
}

private let examples: [Example] = [
    Example("capture-create.request.full", "POST", "captures"),
    Example("capture-create.request.partial", "POST", "captures"),
    Example("refund-create.request", "POST", "refunds", needsCapture: true),
    Example("refund-create.request.return-fee", "POST", "refunds", needsCapture: true),
    Example("authorization-update.request", "PATCH", "authorization"),
    Example("merchant-references.request", "PATCH", "merchant-references"),
    Example("customer-details.request", "PATCH", "customer-details"),
    Example("shipping-info.request", "POST", "shipping-info"),
    Example("shipping-info.request", "POST", "captures/{capture_id}/shipping-info", needsCapture: true),
    Example("extend-due-date.request", "PATCH", "captures/{capture_id}/extend-due-date", needsCapture: true),
]

extension KlarnaDocument {
    fileprivate func answerFaults(_ method: String, _ path: String, _ answer: KlarnaAnswer) throws -> [String] {
        let body = answer.body.isEmpty ? nil : try JSON.parse(answer.body)
        let faults = try responseFaults(method, path, status: answer.status, body: body)
        // The document gives some answers with 201 and 204 a body, which the guides and the samples do not have.
        guard answer.body.isEmpty, [201, 204].contains(answer.status) else { return faults }
        return faults.filter { $0 != "status \(answer.status) is documented with a body" }
    }
}

extension JSON {
    fileprivate func changed(by change: (pointer: String, value: JSON)) -> JSON {
        with(change.pointer.split(separator: "/").joined(separator: "."), change.value)
    }
}

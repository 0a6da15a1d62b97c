import Foundation
import Wire

/// What a merchant does with an order once it is placed.
enum Aftermath: String, Sendable, CaseIterable {
    case isLeft, isCaptured, isCapturedInParts, isCapturedByTwoClicks, isRefundedInParts
    case isCancelled, isReleased, isExtended, isChanged

    /// One after the other, of an order of two mugs.
    var steps: [Step] {
        switch self {
        case .isLeft: []
        case .isCaptured, .isCapturedByTwoClicks: [.capture(body: "{}", amount: 25_000)]
        case .isCapturedInParts: [.captureOfOne, .capture(body: "{}", amount: 12_500)]
        case .isRefundedInParts:
            [
                .capture(body: "{}", amount: 25_000), .refund(body: Step.one, amount: 12_500),
                .refund(body: #"{"amount": 2500, "description": "A scratch"}"#, amount: 2500),
            ]
        case .isCancelled: [.cancel]
        case .isReleased: [.captureOfOne, .release]
        case .isExtended: [.extend, .captureOfOne]
        case .isChanged: [.change, .captureOfOne]
        }
    }
}

/// One wish of a merchant's.
enum Step: Sendable, Equatable {
    case capture(body: String, amount: Int64)
    case refund(body: String, amount: Int64)
    case cancel, release, extend, change

    static let one = #"{"order_lines": [{"reference": "SKU-1", "quantity": 1}]}"#
    static let captureOfOne = Step.capture(body: one, amount: 12_500)
    static let otherReference = "another-reference"

    var method: String { self == .change ? "PATCH" : "POST" }

    /// Below the checkout.
    var path: String {
        switch self {
        case .capture: "captures"
        case .refund: "refunds"
        case .cancel: "cancellation"
        case .release: "release"
        case .extend: "extension"
        case .change: "order"
        }
    }

    var body: String {
        switch self {
        case .capture(let body, _), .refund(let body, _): body
        case .cancel, .release, .extend: ""
        case .change: "{\"merchant_reference1\": \"\(Step.otherReference)\"}"
        }
    }

    /// The event of its success.
    var event: String {
        switch self {
        case .capture: "order.captured"
        case .refund: "order.refunded"
        case .cancel: "order.cancelled"
        case .release: "order.released"
        case .extend: "order.extended"
        case .change: "order.updated"
        }
    }

    var captured: Int64 { if case .capture(_, let amount) = self { amount } else { 0 } }
    var refunded: Int64 { if case .refund(_, let amount) = self { amount } else { 0 } }
}

/// A wish that was answered for good, as its merchant remembers it.
struct Deed: Sendable {
    let checkout: String
    let step: Step
    let key: String
    /// Of the capture or the refund; the others are not named.
    let operation: String?
}

/// A charge of a customer token that was answered for good.
struct Charge: Sendable {
    let token: String
    let body: String
    let key: String
    let checkout: String
}

/// Merchants ask under one key until there is an answer, however often the service is killed meanwhile.
extension Street {
    /// Does one after the other. Only after the last one nobody waits for what is not known yet.
    func doAfterwards(_ aftermath: Aftermath, with checkout: String, key: String) async throws -> [Deed] {
        guard !aftermath.steps.isEmpty else { return [] }
        try await insistOnOrder(of: checkout)
        if aftermath == .isCapturedByTwoClicks { return [try await clickTwice(checkout, key)] }
        var deeds: [Deed] = []
        for (number, step) in aftermath.steps.enumerated() {
            let deed = try await insistOn(step, with: checkout, key: "\(key)-\(number)")
            deeds.append(deed)
            if number < aftermath.steps.count - 1 { try await waitUntilDone(deed) }
        }
        return deeds
    }

    func insistOn(_ step: Step, with checkout: String, key: String) async throws -> Deed {
        let answer = try await insistOnAnswer(to: step, with: checkout, key: key)
        guard (200..<300).contains(answer.status) else {
            throw Failure("\(step) of \(checkout): \(answer.status) \(answer.text)")
        }
        return Deed(checkout: checkout, step: step, key: key, operation: operation(answer, of: step))
    }

    private func operation(_ answer: Answer, of step: Step) -> String? {
        step.captured + step.refunded == 0 ? nil : (try? answer.json)?["id"]?.string
    }

    private func insistOnAnswer(to step: Step, with checkout: String, key: String) async throws -> Answer {
        let headers = authorization.merging(["Content-Type": "application/json", "Idempotency-Key": key]) { $1 }
        return try await insist {
            let url = "\($0)/v1/checkouts/\(checkout)/\(step.path)"
            return try await self.ask(step.method, url, headers: headers, body: step.body)
        }
    }

    /// Two keys, so two wishes; there is enough for one.
    private func clickTwice(_ checkout: String, _ key: String) async throws -> Deed {
        let step = Step.capture(body: #"{"amount": 25000}"#, amount: 25_000)
        async let left = insistOnAnswer(to: step, with: checkout, key: "\(key)-left")
        async let right = insistOnAnswer(to: step, with: checkout, key: "\(key)-right")
        let clicks = [("\(key)-left", try await left), ("\(key)-right", try await right)]
        let taken = clicks.filter { (200..<300).contains($0.1.status) }
        let refused = clicks.filter { [409, 422].contains($0.1.status) }
        guard let (key, answer) = taken.first, taken.count == 1, refused.count == 1 else {
            throw Failure("two clicks: \(clicks.map { "\($0.1.status) \($0.1.text)" })")
        }
        return Deed(checkout: checkout, step: step, key: key, operation: operation(answer, of: step))
    }

    func insistOnOrder(of checkout: String) async throws {
        try await insist(on: "order of \(checkout)", "/v1/checkouts/\(checkout)") { $0["status"] == "order_placed" }
    }

    /// What was taken as pending is done or has failed some time.
    private func waitUntilDone(_ deed: Deed) async throws {
        guard let operation = deed.operation else { return }
        let path = "/v1/checkouts/\(deed.checkout)/\(deed.step.path)/\(operation)"
        try await insist(on: "\(deed.step) of \(deed.checkout)", path) { $0["status"] != "pending" }
    }

    func insistOnCharge(_ token: String, reference: String) async throws -> Charge {
        let body = """
            {"purchase_currency": "SEK", "order_amount": 10000, "merchant_reference": "\(reference)", "order_lines": [
              {"name": "Plan", "quantity": 1, "unit_price": 10000, "tax_rate": 2500, "total_amount": 10000}]}
            """
        let answer = try await insistOnCharging(token, body, key: reference)
        guard [201, 202].contains(answer.status), let checkout = try answer.json["checkout_id"]?.string else {
            throw Failure("charging \(token): \(answer.status) \(answer.text)")
        }
        return Charge(token: token, body: body, key: reference, checkout: checkout)
    }

    func insistOnCharging(_ token: String, _ body: String, key: String) async throws -> Answer {
        let headers = authorization.merging(["Content-Type": "application/json", "Idempotency-Key": key]) { $1 }
        return try await insist {
            try await self.ask("POST", "\($0)/v1/customer_tokens/\(token)/orders", headers: headers, body: body)
        }
    }

    /// Another page once the old one is closed. Of its session.
    func insistOnReopening(_ checkout: String, key: String) async throws -> String {
        let headers = authorization.merging(["Idempotency-Key": key]) { $1 }
        let answer = try await insist {
            try await self.ask("POST", "\($0)/v1/checkouts/\(checkout)/reopening", headers: headers)
        }
        guard answer.status == 200, let session = try answer.json["klarna"]?["hpp_session_id"]?.string else {
            throw Failure("reopening \(checkout): \(answer.status) \(answer.text)")
        }
        return session
    }

    /// The shopper changed their mind about the second mug.
    func insistOnOneMug(_ checkout: String, key: String) async throws {
        let headers = authorization.merging(["Content-Type": "application/json", "Idempotency-Key": key]) { $1 }
        let body = """
            {"order_amount": 12500, "order_tax_amount": 2500, "order_lines": [{"type": "physical", "reference": "SKU-1",
              "name": "Mug", "quantity": 1, "unit_price": 12500, "tax_rate": 2500, "total_amount": 12500,
              "total_tax_amount": 2500}]}
            """
        let answer = try await insist {
            try await self.ask("PATCH", "\($0)/v1/checkouts/\(checkout)", headers: headers, body: body)
        }
        guard answer.status == 200 else { throw Failure("another basket: \(answer.status) \(answer.text)") }
    }

    /// Reads until it is as wanted.
    @discardableResult
    func insist(on what: String, _ path: String, _ isWanted: (JSON) -> Bool) async throws -> JSON {
        let end = ContinuousClock.now + .seconds(90)
        var last = ""
        while ContinuousClock.now < end {
            let answer = try await insist { try await self.ask("GET", $0 + path, headers: self.authorization) }
            let json = try answer.json
            if isWanted(json) { return json }
            last = answer.text
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("\(what) did not come: \(last)")
    }
}

import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's callbacks about purchases and orders", .timeLimit(.minutes(2)))
struct OrderCallbackTests {
    @Test func `bring the authorization until it is taken`() async throws {
        try await Receiver.serve(answering: [500, 404]) { receiver, _, base in
            try await RunningSandbox.serve(timing: .quick) { sandbox in
                let session = try await sandbox.open(
                    .mug.with("merchant_urls", ["authorization": .string("\(base)/authorization/7")]),
                    urls: nil,
                )
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve")
                let callback = try #require(try await sandbox.settledCallbacks().first)
                #expect(callback["kind"] == "authorization")
                #expect(callback["attempts"]?.array?.map { $0["status"] } == [500, 404, 204])
                let reading = try await sandbox.send("GET", "/payments/v1/sessions/\(session.paymentSession)").json
                let body: JSON = [
                    "authorization_token": try #require(reading["authorization_token"]),
                    "session_id": .string(session.paymentSession),
                ]
                #expect(receiver.bodies == [body, body, body])
            }
        }
    }

    @Test func `push an order of Klarna Checkout by Klarna's clock until it is acknowledged`() async throws {
        try await Receiver.serve { receiver, _, base in
            try await RunningSandbox.serve(timing: .quick) { sandbox in
                let id = try await sandbox.completeCheckout(push: "\(base)/push/{checkout.order.id}")
                #expect(try await sandbox.callback("push")["state"] == "scheduled")
                // After 2 minutes, and then after 5, 15, 30 and 60 more, and every four hours.
                for (index, minutes) in [2, 5, 15, 30, 60, 240, 240].enumerated() {
                    // The clock also runs by itself: a minute is more than this test can take.
                    try await sandbox.advance(seconds: minutes * 60 - 60)
                    #expect(receiver.calls.count == index)
                    try await sandbox.advance(seconds: 60)
                    try await sandbox.called("push", times: index + 1)
                }
                #expect(
                    receiver.calls.allSatisfy { $0.path == "/push/\(id)" && $0.body.isEmpty && $0.contentType == nil }
                )
                let push = try await sandbox.callback("push")
                #expect(push["order_id"]?.string == id)
                #expect(push["body"] == nil)
                #expect(try await sandbox.send("POST", "/ordermanagement/v1/orders/\(id)/acknowledge").status == 204)
                try await sandbox.advance(seconds: 24 * 3600)
                #expect(try await sandbox.callback("push")["state"] == "acknowledged")
                #expect(receiver.calls.count == 7)
            }
        }
    }

    @Test func `give a push up after 48 hours`() async throws {
        try await Receiver.serve(answering: Array(repeating: 500, count: 30)) { receiver, _, base in
            try await RunningSandbox.serve(timing: .quick) { sandbox in
                _ = try await sandbox.completeCheckout(push: "\(base)/push/{checkout.order.id}")
                try await sandbox.advance(seconds: 47 * 3600)
                try await sandbox.called("push", times: 1)
                try await sandbox.advance(seconds: 4 * 3600)
                #expect(try await sandbox.settledCallbacks().last?["state"] == "abandoned")
                try await sandbox.advance(seconds: 48 * 3600)
                #expect(receiver.calls.count <= 2)
            }
        }
    }

    @Test func `repeat what became of a pending order until a 200`() async throws {
        try await Receiver.serve(answering: [500, 204, 200]) { receiver, _, base in
            try await RunningSandbox.serve(timing: .quick) { sandbox in
                let purchase = JSON.mug.with("merchant_urls", ["notification": .string("\(base)/fraud/{order.id}")])
                let session = try await sandbox.open(purchase, urls: nil, options: ["place_order_mode": "PLACE_ORDER"])
                let path = "/sandbox/hpp/\(session.id)/approve"
                _ = try await sandbox.send("POST", path, ["email": "customer+pend-accept-05@email.se"])
                #expect(try await sandbox.data("orders").first?["fraud_status"] == "PENDING")
                try await sandbox.advance(seconds: 300)
                try await sandbox.called("notification", times: 1)
                for times in 2...3 {
                    try await sandbox.advance(seconds: 600)
                    try await sandbox.called("notification", times: times)
                }
                try await sandbox.advance(seconds: 6000)
                #expect(receiver.calls.count == 3)
                let order = try #require(try await sandbox.data("orders").first)
                #expect(order["fraud_status"] == "ACCEPTED")
                #expect(receiver.bodies.allSatisfy { $0["event_type"] == "FRAUD_RISK_ACCEPTED" })
                #expect(receiver.bodies.allSatisfy { $0["order_id"] == order["order_id"] })
            }
        }
    }

    @Test(
        arguments: [
            (200, false, "COMPLETED"), (400, false, "IN_PROGRESS"), (303, false, "IN_PROGRESS"),
            (500, false, "COMPLETED"),
            (500, true, "IN_PROGRESS"), (nil, false, "COMPLETED"), (nil, true, "IN_PROGRESS"),
        ] as [(Int?, Bool, String)]
    )
    func `ask the shop before an order of Klarna Checkout counts`(
        answer: Int?,
        isRequired: Bool,
        status: String,
    ) async throws {
        try await Receiver.serve(answering: [answer]) { receiver, _, base in
            var timing = SandboxService.Timing.quick
            if answer == nil { timing.callbackTimeout = .milliseconds(100) }
            try await RunningSandbox.serve(timing: timing) { sandbox in
                let order = JSON.checkout
                    .with("merchant_urls.validation", .string("\(base)/validation/{checkout.order.id}"))
                    .with("options", ["require_validate_callback_success": .bool(isRequired)])
                let hosted = try await sandbox.openCheckout(order)
                let pressed = try await sandbox.send("POST", hosted.page, form: "action=approve")
                let reading = try await sandbox.send("GET", "/hpp/v1/sessions/\(hosted.id)").json
                #expect(reading["status"]?.string == status)
                #expect(receiver.calls.map(\.path) == ["/validation/\(hosted.order)"])
                #expect(receiver.bodies.first?["order_lines"] == JSON.mug["order_lines"])
                #expect(try await sandbox.callback("validation")["attempts"]?.array?.count == 1)
                if answer == 303 { #expect(pressed.fields["location"] == "/elsewhere") }
                if answer == 400 {
                    #expect(pressed.fields["location"] == hosted.page)
                    #expect(try await sandbox.send("GET", hosted.page).text.contains("The mug was sold."))
                }
            }
        }
    }
}

extension RunningSandbox {
    fileprivate func advance(seconds: Int) async throws {
        let body: JSON = ["advance_seconds": .integer(Int64(seconds))]
        try #require(try await send("POST", "/sandbox/clock", body).status == 200)
    }

    fileprivate func callback(_ kind: String) async throws -> JSON {
        try #require(try await data("callbacks").first { $0["kind"]?.string == kind })
    }

    /// Waits until that many calls of the first callback of a kind are over.
    fileprivate func called(_ kind: String, times: Int) async throws {
        while try await callback(kind)["attempts"]?.array?.count ?? 0 < times {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    fileprivate func openCheckout(_ order: JSON) async throws -> (order: String, id: String, page: String) {
        let created = try await send("POST", "/checkout/v3/orders", order)
        let url = try #require(created.fields["location"])
        let hosted = try await send("POST", "/hpp/v1/sessions", ["payment_session_url": .string(url)]).json
        return (
            try #require(created.json["order_id"]?.string), try #require(hosted["session_id"]?.string),
            try #require(hosted["redirect_url"]?.string),
        )
    }

    fileprivate func completeCheckout(push: String) async throws -> String {
        let hosted = try await openCheckout(.checkout.with("merchant_urls.push", .string(push)))
        let approved = try await send("POST", "/sandbox/hpp/\(hosted.id)/approve")
        #expect(approved.json["status"] == "COMPLETED")
        return hosted.order
    }
}

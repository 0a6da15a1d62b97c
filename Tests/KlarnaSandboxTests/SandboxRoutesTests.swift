import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox over HTTP", .timeLimit(.minutes(2)))
struct SandboxRoutesTests {
    @Test func `leads a shopper from the page to a placed order`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            #expect(session.page.hasPrefix("\(sandbox.base)/eu/hpp/payments/"))
            let page = try await sandbox.send("GET", session.page)
            #expect(page.status == 200)
            #expect(page.fields["content-type"] == "text/html; charset=utf-8")
            #expect(page.fields["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
            for text in ["Sandbox", "No money moves", "Mug", "2 × 125.00 SEK", "Pay 250.00 SEK", "order-1001"] {
                #expect(page.text.contains(text))
            }
            #expect(try await sandbox.send("GET", "/hpp/v1/sessions/\(session.id)").json["status"] == "IN_PROGRESS")
            let approved = try await sandbox.send("POST", session.page, form: "action=approve")
            #expect(approved.status == 303)
            let reading = try await sandbox.send("GET", "/hpp/v1/sessions/\(session.id)").json
            let token = try #require(reading["authorization_token"]?.string)
            let success = "https://shop.example/ok?sid=\(session.id)&token=\(token)&oid="
            #expect(approved.fields["location"] == success)
            let path = "/payments/v1/authorizations/\(token)/order"
            let placed = try await sandbox.send("POST", path, .mug, idempotencyKey: "key-1")
            #expect(placed.status == 200)
            #expect(placed.fields["klarna-correlation-id"]?.count == 36)
            let orders = try await sandbox.data("orders")
            #expect(orders.map { $0["order_id"] } == [placed.json["order_id"]])
            let requests = try await sandbox.data("requests")
            #expect(requests.last?["path"]?.string == path)
            #expect(requests.last?["idempotency_key"] == "key-1")
            #expect(requests.last?["body"] == .mug)
            #expect(requests.last?["status"] == 200)
            let again = try await sandbox.send("POST", session.page, form: "action=approve")
            #expect(again.fields["location"] == success)
        }
    }

    @Test func `acts as the shopper on demand`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            let declined = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/decline")
            #expect(declined.json == ["status": "FAILED", "location": "https://shop.example/failure"])
            let entered = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/enter")
            #expect(entered.json == ["status": "IN_PROGRESS", "location": .string(session.page)])
            #expect(try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/dance").status == 404)
            #expect(try await sandbox.send("POST", "/sandbox/hpp/unknown/approve").status == 404)
        }
    }

    @Test func `shows honest pages where nobody can pay`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open(urls: nil)
            _ = try await sandbox.send("HEAD", session.page)
            #expect(try await sandbox.send("GET", "/hpp/v1/sessions/\(session.id)").json["status"] == "WAITING")
            let declined = try await sandbox.send("POST", session.page, form: "action=decline")
            #expect(declined.status == 303)
            #expect(declined.fields["location"] == "\(session.page)/outcome")
            let outcome = try await sandbox.send("GET", "\(session.page)/outcome")
            #expect(outcome.text.contains("Payment declined"))
            #expect(outcome.text.contains("Try again"))
            #expect(try await sandbox.send("POST", session.page, form: "action=steal").status == 400)
            #expect(try await sandbox.send("DELETE", "/hpp/v1/sessions/\(session.id)").status == 204)
            #expect(try await sandbox.send("GET", session.page).status == 410)
            #expect(try await sandbox.send("POST", session.page, form: "action=approve").status == 410)
            let elsewhere = session.page.replacing("/eu/", with: "/na/")
            #expect(try await sandbox.send("GET", elsewhere).status == 404)
            let other = try await sandbox.open()
            _ = try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": 169_200])
            let expired = try await sandbox.send("GET", other.page)
            #expect(expired.status == 410)
            #expect(expired.text.contains("expired"))
            let css = try await sandbox.send("GET", "/sandbox/page.css")
            #expect(css.status == 200)
            #expect(css.fields["content-type"] == "text/css; charset=utf-8")
        }
    }

    @Test func `lets orders be changed behind the merchant's back`() async throws {
        try await RunningSandbox.serve { sandbox in
            let placed = try await sandbox.send("POST", try await sandbox.authorize(), .mug)
            let path = "/sandbox/orders/\(try #require(placed.json["order_id"]?.string))"
            #expect(
                try await sandbox.send("POST", "\(path)/capture", ["amount": 20_000]).json["captured_amount"] == 20_000
            )
            #expect(try await sandbox.send("POST", "\(path)/refund", ["amount": 20_001]).status == 403)
            #expect(try await sandbox.send("POST", "\(path)/refund").json["refunded_amount"] == 20_000)
            #expect(try await sandbox.send("POST", "\(path)/capture").json["captured_amount"] == 25_000)
            #expect(try await sandbox.send("POST", "\(path)/dance").json["error_code"] == "NOT_FOUND")
            #expect(try await sandbox.send("POST", "\(path)/capture", ["amount": "1"]).status == 400)
            #expect(try await sandbox.send("POST", "/sandbox/orders/unknown/capture").status == 400)
        }
    }

    @Test func `lets customer tokens be changed behind the merchant's back`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open(.mug.with("intent", "buy_and_default_tokenize"), urls: nil)
            _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve")
            let reading = try await sandbox.send("GET", "/hpp/v1/sessions/\(session.id)").json
            let authorization = try #require(reading["authorization_token"]?.string)
            let body: JSON = [
                "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "description": "Mugs",
                "intended_use": "SUBSCRIPTION",
            ]
            let path = "/payments/v1/authorizations/\(authorization)/customer-token"
            let created = try await sandbox.send("POST", path, body)
            #expect(created.status == 200)
            let token = try #require(created.json["token_id"]?.string)
            #expect(try await sandbox.data("tokens").count == 1)
            #expect(try await sandbox.send("POST", "/sandbox/tokens/\(token)/suspend").status == 200)
            let suspended = try await sandbox.send("GET", "/customer-token/v1/tokens/\(token)")
            #expect(suspended.json["status"] == "SUSPENDED")
            #expect(try await sandbox.send("POST", "/sandbox/tokens/\(token)/dance").status == 404)
            #expect(
                try await sandbox.send("POST", path.replacing("customer-token", with: "order"), .mug).status == 200
            )
        }
    }

    @Test func `moves its clock and forgets everything`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            let path = "/payments/v1/sessions/\(session.paymentSession)"
            #expect(try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": -1]).status == 400)
            #expect(try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": "1"]).status == 400)
            #expect(try await sandbox.send("GET", path).status == 200)
            #expect(try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": 172_800]).status == 200)
            #expect(try await sandbox.send("GET", path).status == 404)
            _ = try await sandbox.open()
            #expect(try await sandbox.send("DELETE", "/sandbox").status == 204)
            for name in ["orders", "tokens", "requests", "callbacks", "distributions"] {
                #expect(try await sandbox.data(name) == [])
            }
        }
    }

    @Test func `answers unknown paths and wrong methods in Klarna's shape`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            #expect(try await sandbox.send("HEAD", "/hpp/v1/sessions/\(session.id)").status == 200)
            let unknown = try await sandbox.send("GET", "/payments/v1/nothing")
            #expect(unknown.status == 404)
            #expect(unknown.json["error_code"] == "NOT_FOUND")
            let wrong = try await sandbox.send("PUT", "/hpp/v1/sessions/1")
            #expect(wrong.status == 405)
            #expect(wrong.json["error_code"] == "METHOD_NOT_ALLOWED")
            #expect(wrong.fields["allow"]?.contains("DELETE") == true)
            #expect(try await sandbox.send("GET", "/nothing").json["error_code"] == "NOT_FOUND")
            let large = "action=\(String(repeating: "m", count: 2000))"
            let refused = try await sandbox.send("POST", session.page, form: large)
            #expect(refused.status == 413)
            #expect(refused.json["error_code"] == "REQUEST_TOO_LARGE")
        }
    }
}

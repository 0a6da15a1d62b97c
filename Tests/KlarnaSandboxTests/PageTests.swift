import KlarnaSandbox
import Testing
import Wire

@Suite("A hosted page", .timeLimit(.minutes(2)))
struct PageTests {
    @Test func `shows what the merchant chose for it`() async throws {
        try await RunningSandbox.serve { sandbox in
            let page = try await sandbox.page([
                "page_title": "Slutför ditt köp", "logo_url": "https://shop.example/logo.png",
                "purchase_type": "order", "show_subtotal_detail": "HIDE", "payment_method_categories": ["PAY_NOW"],
                "background_images": [
                    ["url": "https://shop.example/bg-1920.jpg", "width": 1920],
                    ["url": "https://shop.example/bg-640.jpg", "width": 640],
                ],
            ])
            for text in [
                "<h1>Slutför ditt köp</h1>", "src=\"https://shop.example/logo.png\"", "Order for 250.00 SEK",
                "https://shop.example/bg-1920.jpg 1920w, https://shop.example/bg-640.jpg 640w", "value=\"pay_now\"",
            ] {
                #expect(page.contains(text))
            }
            for text in ["Mug", "value=\"pay_later\""] { #expect(!page.contains(text)) }
        }
    }

    @Test func `offers every way to pay and no pictures by itself`() async throws {
        try await RunningSandbox.serve { sandbox in
            let page = try await sandbox.page([:])
            for category in ["pay_later", "pay_now", "pay_over_time"] {
                #expect(page.contains("value=\"\(category)\""))
            }
            for text in ["backdrop", "class=\"logo\""] { #expect(!page.contains(text)) }
        }
    }

    @Test(
        arguments: [
            (["payment_method_category": "direct_debit"], "No payment method is available", "FAILED"),
            (["payment_method_category": "direct_debit", "payment_fallback": true], "pay_over_time", "COMPLETED"),
            (["payment_method_category": "KLARNA"], "pay_over_time", "COMPLETED"),
        ] as [(JSON, String, String)]
    )
    func `needs a way to pay that there is`(options: JSON, text: String, status: String) async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open(urls: .merchantURLs, options: options)
            #expect(try await sandbox.send("GET", session.page).text.contains(text))
            #expect(
                try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve").json["status"]?.string == status
            )
        }
    }

    @Test func `lets the shopper choose how to pay`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open(urls: nil, options: ["place_order_mode": "PLACE_ORDER"])
            let form = "action=approve&payment_method_category=pay_over_time"
            #expect(try await sandbox.send("POST", session.page, form: form).status == 303)
            let order = try #require(try await sandbox.data("orders").first)
            let other = try await sandbox.open(urls: nil, options: ["place_order_mode": "PLACE_ORDER"])
            #expect(try await sandbox.send("POST", other.page, form: "action=approve").status == 303)
            let usual = try #require(try await sandbox.data("orders").last)
            #expect(order["initial_payment_method"]?["type"] != usual["initial_payment_method"]?["type"])
        }
    }

    @Test func `declines the shopper who types a denied address, and takes the next`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            let denied = "action=approve&email=customer%2Bdenied%40email.se"
            let declined = try await sandbox.send("POST", session.page, form: denied)
            #expect(declined.fields["location"] == "https://shop.example/failure")
            let approved = try await sandbox.send(
                "POST",
                session.page,
                form: "action=approve&email=customer%40email.se",
            )
            #expect(approved.fields["location"]?.hasPrefix("https://shop.example/ok") == true)
            let reading = try await sandbox.send("GET", "/payments/v1/sessions/\(session.paymentSession)").json
            #expect(reading["billing_address"] == ["email": "customer@email.se"])
        }
    }

    @Test func `hands the shopper's address on to the order`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            let form = "action=approve&email=customer%2Bpend-reject-05%40email.se"
            _ = try await sandbox.send("POST", session.page, form: form)
            let reading = try await sandbox.send("GET", "/hpp/v1/sessions/\(session.id)").json
            let token = try #require(reading["authorization_token"]?.string)
            let placed = try await sandbox.send("POST", "/payments/v1/authorizations/\(token)/order", .mug)
            #expect(placed.json["fraud_status"] == "PENDING")
        }
    }

    @Test func `takes the shopper's address with the lever too`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            let path = "/sandbox/hpp/\(session.id)/approve"
            #expect(try await sandbox.send("POST", path, ["email": "a+red@b.se"]).json["status"] == "FAILED")
            #expect(try await sandbox.send("POST", path, ["email": "nobody"]).status == 400)
            #expect(try await sandbox.send("POST", path, ["email": "a@b.se"]).json["status"] == "COMPLETED")
        }
    }
}

extension RunningSandbox {
    fileprivate func page(_ options: JSON) async throws -> String {
        let session = try await open(urls: nil, options: options)
        return try await send("GET", session.page).text
    }
}

import KlarnaSandbox
import Testing
import Wire

@Suite("Links that the sandbox was told to send")
struct DistributionTests {
    @Test func `are listed with what was sent and where they lead`() async throws {
        try await RunningSandbox.serve { sandbox in
            let session = try await sandbox.open()
            let path = "/hpp/v1/sessions/\(session.id)/distribution"
            #expect(try await sandbox.data("distributions") == [])
            #expect(try await sandbox.send("POST", path, .mail).status == 204)
            let link = try #require(try await sandbox.data("distributions").first)
            #expect(link["hpp_session_id"]?.string == session.id)
            #expect(link["method"] == "EMAIL")
            #expect(link["contact_information"] == ["email": "customer@email.se"])
            #expect(link["url"]?.string == session.page)
        }
    }

    @Test(arguments: [(JSON.mail, 100), (.shortMessage, 20)])
    func `are so many a day and no more`(body: JSON, most: Int) throws {
        let merchant = Merchant()
        let path = "/hpp/v1/sessions/\(try merchant.open().hppSession)/distribution"
        for _ in 0..<most { #expect(merchant.call("POST", path, body).status == 204) }
        let refused = merchant.call("POST", path, body)
        #expect(refused.status == 403)
        #expect(refused.errorCode == "NOT_ALLOWED")
        #expect(merchant.call("POST", path, body == .mail ? .shortMessage : .mail).status == 204)
        merchant.wait(.seconds(86_400))
        #expect(merchant.call("POST", path, body).status == 204)
        #expect(merchant.world.distributedLinks.count == most + 2)
    }
}

extension JSON {
    fileprivate static let mail: JSON = ["method": "email", "contact_information": ["email": "customer@email.se"]]

    fileprivate static let shortMessage: JSON = [
        "method": "SMS", "contact_information": ["phone": "0701740615", "phone_country": "SE"],
    ]
}

import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's edge")
struct EdgeTests {
    @Test(arguments: [
        String?.none, "", "Basic", "Basic ", "Basic !!!", "Basic dXNlcjo=", "Basic OnBhc3N3b3Jk", "Basic dXNlcg==",
        "Bearer x",
        "Digest dXNlcjpwYXNzd29yZA==",
    ])
    func `answers a page and a challenge to missing or empty credentials`(authorization: String?) {
        let merchant = Merchant()
        let answer = merchant.call("POST", "/payments/v1/sessions", .mug, authorization: authorization)
        #expect(answer.status == 401)
        #expect(answer.contentType == "text/html")
        #expect(answer.fields["WWW-Authenticate"]?.hasPrefix("Basic realm=") == true)
    }

    @Test(arguments: ["Basic dXNlcjpwYXNzd29yZA==", "basic dXNlcjpwYXNzd29yZA", "BASIC  YTpiOmM="])
    func `takes any other credentials`(authorization: String) {
        let merchant = Merchant()
        #expect(merchant.call("POST", "/payments/v1/sessions", .mug, authorization: authorization).status == 200)
    }

    @Test func `names each answer by an id that an error repeats`() {
        let merchant = Merchant()
        let refused = merchant.call("POST", "/payments/v1/sessions", [:])
        let id = refused.fields["Klarna-Correlation-Id"]
        #expect(id?.count == 36)
        #expect(refused.json["correlation_id"]?.string == id)
        let created = merchant.call("POST", "/payments/v1/sessions", .mug)
        #expect(created.fields["Klarna-Correlation-Id"]?.count == 36)
        #expect(created.fields["Klarna-Correlation-Id"] != id)
        #expect(created.fields["Cache-Control"]?.contains("no-store") == true)
    }

    @Test func `counts the calls of a second and refuses too many when told to`() {
        let merchant = Merchant()
        let unlimited = merchant.call("POST", "/payments/v1/sessions", .mug)
        #expect(unlimited.fields["X-Ratelimit-Limit"] == nil)
        merchant.wait(.seconds(1))
        merchant.world.behaviour.enforcesRateLimits = true
        for used in 1...5 {
            let answer = merchant.call("POST", "/payments/v1/sessions", .mug)
            #expect(answer.status == 200)
            #expect(answer.fields["X-Ratelimit-Limit"] == "5, 5;w=1")
            #expect(answer.fields["X-Ratelimit-Remaining"] == String(max(0, 5 - used)))
        }
        let refused = merchant.call("POST", "/payments/v1/sessions", .mug)
        #expect(refused.status == 429)
        #expect(refused.errorCode == "TOO_MANY_REQUESTS")
        #expect(refused.fields["X-Ratelimit-Reset"] == "1")
        merchant.wait(.seconds(1))
        #expect(merchant.call("POST", "/payments/v1/sessions", .mug).status == 200)
    }

    @Test(
        arguments: [
            ("GET", "/payments/v1/sessions", 405, "POST"),
            ("PATCH", "/payments/v1/sessions/1", 405, "POST, GET, DELETE"),
            ("POST", "/payments/v1/authorizations/1", 405, "DELETE"),
            ("PUT", "/hpp/v1/sessions/1", 405, "GET, DELETE"),
            ("GET", "/payments/v1", 404, nil), ("GET", "/hpp/v1/sessions/1/2", 404, nil), ("GET", "/", 404, nil),
            ("GET", "/hpp/v1/sessions/", 404, nil), ("GET", "/hpp/v1/sessions/unknown", 404, nil),
            ("GET", "/hpp/v1/sessions//distribution", 404, nil),
        ] as [(String, String, Int, String?)]
    )
    func `knows its paths and methods`(method: String, path: String, status: Int, allow: String?) {
        let merchant = Merchant()
        let answer = merchant.call(method, path, method == "GET" ? nil : [:])
        #expect(answer.status == status)
        #expect(answer.fields["Allow"] == allow)
        #expect(answer.errorCode != nil)
    }

    @Test(arguments: ["{", "[]", "\"x\"", "", "null", "{\"a\":1,\"a\":2}"])
    func `refuses a body that is no JSON object`(body: String) {
        let merchant = Merchant()
        let call = KlarnaCall(
            method: "POST",
            path: "/payments/v1/sessions",
            authorization: "Basic dXNlcjpwYXNzd29yZA==",
            contentType: "application/json; charset=utf-8",
            body: Array(body.utf8),
            baseURL: Merchant.base,
        )
        let answer = merchant.world.answer(call, at: merchant.now)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_REQUEST")
        #expect(answer.errorMessages == [])
    }

    @Test func `takes JSON only as what it is`() {
        let merchant = Merchant()
        let form = "application/x-www-form-urlencoded"
        #expect(merchant.call("POST", "/payments/v1/sessions", .mug, contentType: form).status == 415)
    }

    @Test func `gives the same ids to the same calls`() throws {
        let first = Merchant()
        let second = Merchant()
        #expect(try first.open() == second.open())
    }
}

import HTTPMessage
import HTTPTypes
import Testing

@testable import MerchantAPI

@Suite("An API key")
struct APIKeysTests {
    @Test(
        arguments: [
            ("203.0.113.9", true, true), ("203.0.113.9", false, false), ("10.0.0.2", false, false),
            ("127.0.0.1", false, true),
            ("127.8.8.8", false, true), ("::1", false, true), ("unix", false, true), ("2001:db8::1", false, false),
            ("1270.0.0.1", false, false),
        ]
    )
    func `opens nothing after it crossed a network in plain sight`(client: String, isSecure: Bool, opens: Bool) throws {
        let request = Request(
            method: .get,
            path: "/v1/checkouts",
            remoteAddress: client,
            isSecure: isSecure,
            fields: [.authorization: "Bearer key"],
        )
        let strict = APIKeys(["shop": "key"], needHTTPS: true)
        if opens {
            #expect(try strict.holder(of: request) == "shop")
        } else {
            #expect(throws: ProblemDetails.self) { try strict.holder(of: request) }
        }
        #expect(try APIKeys(["shop": "key"]).holder(of: request) == "shop")
    }
}

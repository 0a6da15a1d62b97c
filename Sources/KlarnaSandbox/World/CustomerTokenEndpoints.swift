/// Klarna Customer Tokens v1, and the call of Klarna Payments v1 that makes one.
extension Endpoint {
    static let customerTokens: [Endpoint] = [
        Endpoint("POST", "/payments/v1/authorizations/{id}/customer-token", body: .object, rate: .createToken) {
            world,
            call throws(KlarnaRefusal) in try world.createCustomerToken(call)
        },
        Endpoint("GET", "/customer-token/v1/tokens/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.readCustomerToken(call)
        },
        Endpoint("POST", "/customer-token/v1/tokens/{id}/order", body: .object, honoursKeys: true) {
            world,
            call throws(KlarnaRefusal) in try world.placeTokenOrder(call)
        },
        Endpoint("PATCH", "/customer-token/v1/tokens/{id}/status", body: .object) {
            world,
            call throws(KlarnaRefusal) in try world.updateCustomerToken(call)
        },
    ]
}

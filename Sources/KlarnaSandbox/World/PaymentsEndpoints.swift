/// Klarna Payments v1.
extension Endpoint {
    static let payments: [Endpoint] = [
        Endpoint("POST", "/payments/v1/sessions", body: .object, rate: .createPaymentSession) {
            world,
            call throws(KlarnaRefusal) in try world.createPaymentSession(call)
        },
        Endpoint("POST", "/payments/v1/sessions/{id}", body: .objectOrEmptyList) {
            world,
            call throws(KlarnaRefusal) in try world.updatePaymentSession(call)
        },
        Endpoint("GET", "/payments/v1/sessions/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.readPaymentSession(call)
        },
        Endpoint("DELETE", "/payments/v1/sessions/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.cancelPaymentSession(call)
        },
        Endpoint("DELETE", "/payments/v1/authorizations/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.releaseAuthorization(call)
        },
        Endpoint("POST", "/payments/v1/authorizations/{id}/order", body: .object) {
            world,
            call throws(KlarnaRefusal) in try world.placeOrder(call)
        },
    ]
}

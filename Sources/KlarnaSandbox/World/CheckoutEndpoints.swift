/// Klarna Checkout v3.
extension Endpoint {
    static let checkout: [Endpoint] = [
        Endpoint("POST", "/checkout/v3/orders", body: .object, rate: .createPaymentSession) {
            world,
            call throws(KlarnaRefusal) in try world.createCheckoutOrder(call)
        },
        Endpoint("GET", "/checkout/v3/orders/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.readCheckoutOrder(call)
        },
        Endpoint("POST", "/checkout/v3/orders/{id}", body: .objectOrEmptyList) {
            world,
            call throws(KlarnaRefusal) in try world.updateCheckoutOrder(call)
        },
        Endpoint("POST", "/checkout/v3/orders/{id}/abort") {
            world,
            call throws(KlarnaRefusal) in try world.abortCheckoutOrder(call)
        },
    ]
}

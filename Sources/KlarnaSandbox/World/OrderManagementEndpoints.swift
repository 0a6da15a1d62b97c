/// Klarna Order Management v1.
extension Endpoint {
    static let orderManagement: [Endpoint] =
        readings + effects + [
            // Klarna's reference names the first of these, a guide the second.
            dueDateExtension("extend-due-date"), dueDateExtension("extend-due-date-options"),
        ]

    private static let order = "/ordermanagement/v1/orders/{id}"

    private static let readings: [Endpoint] = [
        Endpoint("GET", order) {
            world,
            call throws(KlarnaRefusal) in try world.readOrder(call)
        },
        Endpoint("GET", "\(order)/captures") {
            world,
            call throws(KlarnaRefusal) in try world.listCaptures(call)
        },
        Endpoint("GET", "\(order)/captures/{capture_id}") {
            world,
            call throws(KlarnaRefusal) in try world.readCapture(call)
        },
        Endpoint("GET", "\(order)/captures/{capture_id}/extend-due-date-options") {
            world,
            call throws(KlarnaRefusal) in try world.readDueDateOptions(call)
        },
        Endpoint("GET", "\(order)/refunds/{refund_id}") {
            world,
            call throws(KlarnaRefusal) in try world.readRefund(call)
        },
    ]

    /// Those without a body take whatever is sent: Klarna's own clients send nothing, an empty list, or an empty object.
    private static let effects: [Endpoint] = [
        effect("POST", "acknowledge", .ignored) {
            world,
            call throws(KlarnaRefusal) in try world.acknowledgeOrder(call)
        },
        effect("PATCH", "authorization") {
            world,
            call throws(KlarnaRefusal) in try world.updateAuthorization(call)
        },
        effect("POST", "captures") {
            world,
            call throws(KlarnaRefusal) in try world.createCapture(call)
        },
        effect("POST", "captures/{capture_id}/shipping-info") {
            world,
            call throws(KlarnaRefusal) in try world.addShippingInfoToCapture(call)
        },
        effect("POST", "captures/{capture_id}/trigger-send-out", .ignored) {
            world,
            call throws(KlarnaRefusal) in try world.triggerSendOut(call)
        },
        effect("PATCH", "captures/{capture_id}/customer-details") {
            world,
            call throws(KlarnaRefusal) in try world.updateCaptureCustomerDetails(call)
        },
        effect("PATCH", "customer-details") {
            world,
            call throws(KlarnaRefusal) in try world.updateCustomerDetails(call)
        },
        effect("PATCH", "merchant-references") {
            world,
            call throws(KlarnaRefusal) in try world.updateMerchantReferences(call)
        },
        effect("POST", "shipping-info") {
            world,
            call throws(KlarnaRefusal) in try world.addShippingInfo(call)
        },
        effect("POST", "extend-authorization-time", .ignored) {
            world,
            call throws(KlarnaRefusal) in try world.extendAuthorization(call)
        },
        effect("POST", "refunds") {
            world,
            call throws(KlarnaRefusal) in try world.createRefund(call)
        },
        effect("POST", "release-remaining-authorization", .ignored) {
            world,
            call throws(KlarnaRefusal) in try world.releaseRemaining(call)
        },
        effect("POST", "cancel", .ignored) {
            world,
            call throws(KlarnaRefusal) in try world.cancelOrder(call)
        },
    ]

    private static func dueDateExtension(_ name: String) -> Endpoint {
        effect("PATCH", "captures/{capture_id}/\(name)") {
            world,
            call throws(KlarnaRefusal) in try world.extendDueDate(call)
        }
    }

    private static func effect(
        _ method: String,
        _ operation: String,
        _ body: Body = .objectOrEmptyList,
        _ answer: @escaping Work,
    ) -> Endpoint {
        Endpoint(method, "\(order)/\(operation)", body: body, honoursKeys: true, answer)
    }
}

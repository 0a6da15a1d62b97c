/// Klarna HPP v1.
extension Endpoint {
    static let hostedPages: [Endpoint] = [
        Endpoint("POST", "/hpp/v1/sessions", body: .object, rate: .createHPPSession) {
            world,
            call throws(KlarnaRefusal) in try world.createHPPSession(call)
        },
        Endpoint("GET", "/hpp/v1/sessions/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.readHPPSession(call)
        },
        Endpoint("DELETE", "/hpp/v1/sessions/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.disableHPPSession(call)
        },
        Endpoint("POST", "/hpp/v1/sessions/{id}/distribution", body: .object) {
            world,
            call throws(KlarnaRefusal) in try world.distributeHPPSession(call)
        },
    ]
}

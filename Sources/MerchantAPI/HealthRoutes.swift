internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Wire

/// For whoever watches over the process.
extension API {
    func addHealthRoutes(to router: inout Router) {
        let readiness = readiness
        let alive = Response.json(.ok, ["status": "ok"])
        router.onFast(.get, "/health/live") { _, _ in alive }
        // What the last examination found: this one touches nothing.
        router.onFast(.get, "/health") { _, _ in API.failing(readiness.lastFailures) ?? alive }
        router.on(.get, "/health/ready") { _, _ in API.failing(await readiness.failures()) ?? alive }
    }

    private static func failing(_ failures: [String]) -> Response? {
        guard !failures.isEmpty else { return nil }
        return .json(
            .serviceUnavailable,
            ["status": "failing", "failing": .array(failures.map { .string($0) })],
            fields: [.retryAfter: "5"],
        )
    }
}

internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Klarna
internal import Wire

/// Refunds of what was captured.
extension API {
    func addRefundRoutes(to router: inout Router) {
        router.answer(.post, "/v1/checkouts/{id}/refunds", bodyBytesMax: limits.merchantBodyBytesMax, refund)
        router.answer(.get, "/v1/checkouts/{id}/refunds", listRefunds)
        router.answer(.get, "/v1/checkouts/{id}/refunds/{refund_id}", readRefund)
    }

    private func listRefunds(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await listOperations(.refund, request, path)
    }

    private func readRefund(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await readOperation(.refund, "refund_id", or: .noRefund, request, path)
    }

    private func refund(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        try request.requireJSON()
        return try await changing(request, keyIsRequired: true) { claim, _ throws(ProblemDetails) in
            let json = try request.json()
            let new = try reading { () throws(Faults) in try NewRefund(json: json) }
            return try await asking { () async throws(DeskError) in
                try await desk.refund(id, new, for: claim.asker)
            }.answer(in: "refunds")
        }
    }
}

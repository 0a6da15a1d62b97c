internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Klarna
internal import Wire

/// What a merchant does with a hosted page besides closing it.
extension API {
    func addPageRoutes(to router: inout Router) {
        let bodyBytesMax = limits.merchantBodyBytesMax
        router.answer(.patch, "/v1/checkouts/{id}", bodyBytesMax: bodyBytesMax, revise)
        router.answer(.post, "/v1/checkouts/{id}/distribution", bodyBytesMax: bodyBytesMax, distribute)
        router.answer(.post, "/v1/checkouts/{id}/reopening", bodyBytesMax: bodyBytesMax, reopen)
    }

    /// Another basket, as long as the shopper has not paid.
    private func revise(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        try request.requireJSON()
        return try await changing(request) { _, _ throws(ProblemDetails) in
            let json = try request.json()
            return .json(.ok, try await asking { () async throws(DeskError) in try await desk.revise(id, json) }.json)
        }
    }

    private func reopen(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        return try await changing(request) { claim, resuming throws(ProblemDetails) in
            let checkout = try await asking { () async throws(DeskError) in
                // The new page was recorded, and whoever asked for it was not told.
                if let resuming { return try await desk.checkout(resuming) }
                return try await desk.reopen(id, claim: claim)
            }
            return .json(.ok, checkout.json)
        }
    }

    /// Has Klarna send the link to the shopper. Kept under its key: a repetition sends nothing.
    private func distribute(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        try request.requireJSON()
        return try await changing(request) { _, _ throws(ProblemDetails) in
            let json = try request.json()
            let distribution = try reading { () throws(Faults) in try Distribution(json: json) }
            try await asking { () async throws(DeskError) in try await desk.distribute(id, distribution) }
            return Response(.noContent, fields: [.cacheControl: "no-store"])
        }
    }
}

internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Wire

/// What is done with a placed order as a whole.
extension API {
    func addOrderRoutes(to router: inout Router) {
        let bodyBytesMax = limits.merchantBodyBytesMax
        router.answer(.post, "/v1/checkouts/{id}/cancellation", bodyBytesMax: bodyBytesMax, cancelOrder)
        router.answer(.post, "/v1/checkouts/{id}/release", bodyBytesMax: bodyBytesMax, releaseRemaining)
        router.answer(.post, "/v1/checkouts/{id}/extension", bodyBytesMax: bodyBytesMax, extendAuthorization)
        router.answer(.patch, "/v1/checkouts/{id}/order", bodyBytesMax: bodyBytesMax, changeOrder)
    }

    private func cancelOrder(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await operate(request, path) { id, asker throws(DeskError) in
            try await desk.cancelOrder(id, for: asker)
        }
    }

    private func releaseRemaining(
        _ request: Request,
        _ path: PathParameters,
    ) async throws(ProblemDetails) -> Response {
        try await operate(request, path) { id, asker throws(DeskError) in
            try await desk.releaseRemaining(id, for: asker)
        }
    }

    private func extendAuthorization(
        _ request: Request,
        _ path: PathParameters,
    ) async throws(ProblemDetails) -> Response {
        try await operate(request, path) { id, asker throws(DeskError) in
            try await desk.extendAuthorization(id, for: asker)
        }
    }

    /// Answers a call that needs no body with the checkout once it is done.
    private func operate(
        _ request: Request,
        _ path: PathParameters,
        _ work: (Checkout.ID, CheckoutDesk.Asker?) async throws(DeskError) -> CheckoutDesk.Operated,
    ) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        return try await changing(request) { claim, _ throws(ProblemDetails) in
            let operated = try await asking { () async throws(DeskError) in try await work(id, claim.asker) }
            return .json(.ok, try operated.done().json)
        }
    }

    private func changeOrder(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        try request.requireJSON()
        return try await changing(request) { claim, _ throws(ProblemDetails) in
            let json = try request.json()
            let operated = try await asking { () async throws(DeskError) in
                try await desk.change(id, json, for: claim.asker)
            }
            return .json(.ok, try operated.done().json)
        }
    }
}

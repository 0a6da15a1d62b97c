internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Klarna
internal import Money
internal import Wire

/// Captures of an order, and what is done with one of them.
extension API {
    private typealias CaptureWork = (
        _ capture: OrderOperation.ID, _ checkout: Checkout.ID, CheckoutDesk.Asker?
    ) async throws(ProblemDetails) -> CheckoutDesk.Operated

    func addCaptureRoutes(to router: inout Router) {
        let bodyBytesMax = limits.merchantBodyBytesMax
        let capture = "/v1/checkouts/{id}/captures/{capture_id}"
        router.answer(.post, "/v1/checkouts/{id}/captures", bodyBytesMax: bodyBytesMax, self.capture)
        router.answer(.get, "/v1/checkouts/{id}/captures", listCaptures)
        router.answer(.get, capture, readCapture)
        router.answer(.post, "\(capture)/shipping_info", bodyBytesMax: bodyBytesMax, addShippingInfo)
        router.answer(.get, "\(capture)/due_date_options", listDueDateOptions)
        router.answer(.post, "\(capture)/due_date", bodyBytesMax: bodyBytesMax, extendDueDate)
        router.answer(.post, "\(capture)/send_out", bodyBytesMax: bodyBytesMax, sendOut)
    }

    private func capture(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        try request.requireJSON()
        return try await changing(request, keyIsRequired: true) { claim, _ throws(ProblemDetails) in
            let json = try request.json()
            let new = try reading { () throws(Faults) in try NewCapture(json: json) }
            return try await asking { () async throws(DeskError) in
                try await desk.capture(id, new, for: claim.asker)
            }.answer(in: "captures")
        }
    }

    private func listCaptures(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await listOperations(.capture, request, path)
    }

    private func readCapture(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await readOperation(.capture, "capture_id", or: .noCapture, request, path)
    }

    private func addShippingInfo(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await changeCapture(request, path, needsBody: true) { capture, id, asker throws(ProblemDetails) in
            let json = try request.json()
            let info = try reading { () throws(Faults) in try ShippingInfo.list(json: json) }
            return try await asking(or: .noCapture) { () async throws(DeskError) in
                try await desk.addShippingInfo(info, to: capture, of: id, for: asker)
            }
        }
    }

    private func extendDueDate(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await changeCapture(request, path, needsBody: true) { capture, id, asker throws(ProblemDetails) in
            let json = try request.json()
            let days = try reading { () throws(Faults) in try DueDateExtension(json: json).days }
            return try await asking(or: .noCapture) { () async throws(DeskError) in
                try await desk.extendDueDate(by: days, of: capture, of: id, for: asker)
            }
        }
    }

    private func sendOut(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await changeCapture(request, path) { capture, id, asker throws(ProblemDetails) in
            try await asking(or: .noCapture) { () async throws(DeskError) in
                try await desk.sendOut(capture, of: id, for: asker)
            }
        }
    }

    private func listDueDateOptions(
        _ request: Request,
        _ path: PathParameters,
    ) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        let capture = try operationID(path["capture_id"], or: .noCapture)
        let options = try await asking(or: .noCapture) { () async throws(DeskError) in
            try await desk.dueDateOptions(of: capture, of: id)
        }
        return .json(.ok, options.json)
    }

    /// Answers with the checkout once something is done with one of its captures.
    private func changeCapture(
        _ request: Request,
        _ path: PathParameters,
        needsBody: Bool = false,
        _ work: CaptureWork,
    ) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        let capture = try operationID(path["capture_id"], or: .noCapture)
        if needsBody { try request.requireJSON() }
        return try await changing(request) { claim, _ throws(ProblemDetails) in
            .json(.ok, try await work(capture, id, claim.asker).done().json)
        }
    }
}

extension API {
    /// What was done of one kind with an order, here and elsewhere, the oldest first.
    func listOperations(
        _ effect: OrderEffect,
        _ request: Request,
        _ path: PathParameters,
    ) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        let checkout = try await asking { () async throws(DeskError) in try await desk.checkout(id) }
        return .json(.ok, ["data": .array(checkout.operations.filter { $0.effect == effect }.map(\.json))])
    }

    func readOperation(
        _ effect: OrderEffect,
        _ name: String,
        or missing: ProblemDetails,
        _ request: Request,
        _ path: PathParameters,
    ) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        let operationID = try operationID(path[name], or: missing)
        let checkout = try await asking { () async throws(DeskError) in try await desk.checkout(id) }
        guard let operation = checkout.operation(operationID), operation.effect == effect else { throw missing }
        return .json(.ok, operation.json)
    }

    private func operationID(
        _ text: String,
        or missing: ProblemDetails,
    ) throws(ProblemDetails) -> OrderOperation.ID {
        guard let id = OrderOperation.ID(rawValue: text) else { throw missing }
        return id
    }
}

extension DueDateOptions {
    fileprivate var json: JSON {
        [
            "currency": currency.json,
            "options": .array(
                options.map { ["number_of_days": .integer($0.days), "amount": $0.amount?.json ?? .null] }
            ),
        ]
    }
}

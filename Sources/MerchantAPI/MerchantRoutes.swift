internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Wire

/// `/v1/...`: what merchants' programs call, each with its API key.
extension API {
    func addMerchantRoutes(to router: inout Router) {
        let bodyBytesMax = limits.merchantBodyBytesMax
        router.answer(.post, "/v1/checkouts", bodyBytesMax: bodyBytesMax, openCheckout)
        router.answer(.get, "/v1/checkouts", listCheckouts)
        router.answer(.get, "/v1/checkouts/{id}", readCheckout)
        router.answer(.delete, "/v1/checkouts/{id}", bodyBytesMax: bodyBytesMax, disableCheckout)
        router.answer(.get, "/v1/checkouts/{id}/events", listEvents)
        router.answer(.post, "/v1/checkouts/{id}/refresh", bodyBytesMax: bodyBytesMax, refreshCheckout)
    }

    /// Does what a merchant's program asks for, once for each idempotency key.
    func changing(
        _ request: Request,
        keyIsRequired: Bool = false,
        _ work: Idempotency.Work,
    ) async throws(ProblemDetails) -> Response {
        let holder = try keys.holder(of: request)
        return try await idempotency.answer(request, scope: holder, required: keyIsRequired, work)
    }

    /// Answers a call that needs no body with the checkout as it then is.
    func changeCheckout(
        _ request: Request,
        _ path: PathParameters,
        _ work: (Checkout.ID) async throws(DeskError) -> Checkout,
    ) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        return try await changing(request) { _, _ throws(ProblemDetails) in
            .json(.ok, try await asking { () async throws(DeskError) in try await work(id) }.json)
        }
    }

    private func readCheckout(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        return .json(.ok, try await asking { () async throws(DeskError) in try await desk.look(at: id) }.json)
    }

    private func disableCheckout(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await changeCheckout(request, path) { id throws(DeskError) in try await desk.disable(id) }
    }

    private func refreshCheckout(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        try await changeCheckout(request, path) { id throws(DeskError) in try await desk.refresh(id) }
    }

    private func openCheckout(_ request: Request, _: PathParameters) async throws(ProblemDetails) -> Response {
        _ = try keys.holder(of: request)
        try request.requireJSON()
        return try await changing(request) { claim, resuming throws(ProblemDetails) in
            let checkout: Checkout
            if let resuming {
                checkout = try await asking { () async throws(DeskError) in try await desk.resumeOpening(resuming) }
            } else {
                let json = try request.json()
                let new = try reading { () throws(Faults) in try NewCheckout(json: json, terms: terms) }
                checkout = try await asking { () async throws(DeskError) in try await desk.open(new, claim: claim) }
            }
            return .json(.created, checkout.json, fields: [.location: "/v1/checkouts/\(checkout.id)"])
        }
    }

    private func listCheckouts(_ request: Request, _: PathParameters) async throws(ProblemDetails) -> Response {
        _ = try keys.holder(of: request)
        let filter = try CheckoutFilter(query: request.query)
        let checkouts: [Checkout]
        var next: Checkout.ID?
        do throws(StoreError) {
            checkouts = try await desk.store.checkouts(filter)
            if checkouts.count == filter.limit, let last = checkouts.last {
                var rest = filter
                rest.after = last.id
                rest.limit = 1
                next = try await desk.store.checkouts(rest).isEmpty ? nil : last.id
            }
        } catch {
            throw ProblemDetails(error)
        }
        return .json(.ok, ["data": .array(checkouts.map(\.json)), "next": next.map { .string($0.rawValue) } ?? .null])
    }

    private func listEvents(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try checkoutID(request, path)
        _ = try await asking { () async throws(DeskError) in try await desk.checkout(id) }
        do throws(StoreError) {
            return .json(.ok, ["data": .array(try await desk.store.events(of: id).map(\.json))])
        } catch {
            throw ProblemDetails(error)
        }
    }

    /// The checkout that a path names, for whoever holds a key. What is no id names nothing.
    func checkoutID(_ request: Request, _ path: PathParameters) throws(ProblemDetails) -> Checkout.ID {
        _ = try keys.holder(of: request)
        guard let id = Checkout.ID(rawValue: path["id"]) else { throw .noCheckout }
        return id
    }
}

extension Request {
    /// The media type of the body, in lower case and without parameters.
    var mediaType: String? {
        guard let field = self[.contentType], let type = field.split(separator: ";").first else { return nil }
        return type.split(separator: " ").first?.lowercased()
    }

    func requireJSON() throws(ProblemDetails) {
        guard mediaType == "application/json" else {
            throw ProblemDetails(.unsupportedMediaType, "Send the body as `Content-Type: application/json`.")
        }
        try requireNoCoding()
    }

    /// Bodies are read as they are sent; a compressed one would only look like broken JSON.
    func requireNoCoding() throws(ProblemDetails) {
        guard let coding = self[.contentEncoding], coding.lowercased() != "identity" else { return }
        throw ProblemDetails(.unsupportedMediaType, "Send the body without `Content-Encoding`.")
    }

    func json() throws(ProblemDetails) -> JSON {
        do throws(JSON.ParseError) {
            return try JSON.parse(body)
        } catch {
            throw ProblemDetails(.malformedRequest, "The body is not JSON: \(error).")
        }
    }
}

extension CheckoutFilter {
    /// Reads `status`, `merchant_reference`, `limit` and `after`. An empty one counts as missing.
    init(query: String?) throws(ProblemDetails) {
        guard let fields = FormFields(parsing: query ?? "") else {
            throw ProblemDetails(.malformedRequest, "The query is not well-formed.")
        }
        self.init()
        var faults: [Fault] = []
        func value(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let text = value("status") {
            status = Checkout.Status(rawValue: text)
            let words = Checkout.Status.allCases.map(\.rawValue).joined(separator: ", ")
            if status == nil { faults.append(Fault("/status", "must be one of \(words)")) }
        }
        merchantReference = value("merchant_reference")
        if let text = value("limit") {
            if text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = Int(text),
                (1...100).contains(number)
            {
                limit = number
            } else {
                faults.append(Fault("/limit", "must be from 1 to 100"))
            }
        }
        if let text = value("after") {
            after = Checkout.ID(rawValue: text)
            if after == nil { faults.append(Fault("/after", "must be the `next` of an earlier page")) }
        }
        guard faults.isEmpty else { throw .validation(Faults(faults)) }
    }
}

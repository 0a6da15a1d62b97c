internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Wire

/// `/v1/...`: what merchants' programs call, each with its API key.
extension API {
    func addMerchantRoutes(to router: inout Router) {
        let bodyBytesMax = limits.merchantBodyBytesMax
        router.on(.post, "/v1/checkouts", bodyBytesMax: bodyBytesMax) { request, _ in
            await answering { () async throws(ProblemDetails) in try await openCheckout(request) }
        }
        router.on(.get, "/v1/checkouts") { request, _ in
            await answering { () async throws(ProblemDetails) in try await listCheckouts(request) }
        }
        router.on(.get, "/v1/checkouts/{id}") { request, path in
            await answering { () async throws(ProblemDetails) in
                let id = try checkoutID(request, path)
                return .json(.ok, try await asking { () async throws(DeskError) in try await desk.look(at: id) }.json)
            }
        }
        router.on(.get, "/v1/checkouts/{id}/events") { request, path in
            await answering { () async throws(ProblemDetails) in try await events(of: try checkoutID(request, path)) }
        }
        router.on(.post, "/v1/checkouts/{id}/refresh", bodyBytesMax: bodyBytesMax) { request, path in
            await answering { () async throws(ProblemDetails) in try await refresh(request, path) }
        }
        router.on(.delete, "/v1/checkouts/{id}", bodyBytesMax: bodyBytesMax) { request, path in
            await answering { () async throws(ProblemDetails) in
                let id = try checkoutID(request, path)
                return .json(.ok, try await asking { () async throws(DeskError) in try await desk.disable(id) }.json)
            }
        }
    }

    private func openCheckout(_ request: Request) async throws(ProblemDetails) -> Response {
        let holder = try keys.holder(of: request)
        guard request.mediaType == "application/json" else {
            throw ProblemDetails(.unsupportedMediaType, "Send the body as `Content-Type: application/json`.")
        }
        try request.requireNoCoding()
        return try await idempotency.answer(request, scope: holder) { claim, resuming throws(ProblemDetails) in
            let checkout: Checkout
            if let resuming {
                checkout = try await asking { () async throws(DeskError) in try await desk.resumeOpening(resuming) }
            } else {
                let new = try newCheckout(request)
                checkout = try await asking { () async throws(DeskError) in try await desk.open(new, claim: claim) }
            }
            return .json(.created, checkout.json, fields: [.location: "/v1/checkouts/\(checkout.id)"])
        }
    }

    private func newCheckout(_ request: Request) throws(ProblemDetails) -> NewCheckout {
        let json = try request.json()
        do throws(Faults) {
            return try NewCheckout(json: json, terms: terms)
        } catch {
            throw .validation(error)
        }
    }

    private func listCheckouts(_ request: Request) async throws(ProblemDetails) -> Response {
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

    private func events(of id: Checkout.ID) async throws(ProblemDetails) -> Response {
        _ = try await asking { () async throws(DeskError) in try await desk.checkout(id) }
        do throws(StoreError) {
            return .json(.ok, ["data": .array(try await desk.store.events(of: id).map(\.json))])
        } catch {
            throw ProblemDetails(error)
        }
    }

    private func refresh(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let holder = try keys.holder(of: request)
        let id = try checkoutID(request, path)
        return try await idempotency.answer(request, scope: holder) { _, _ throws(ProblemDetails) in
            .json(.ok, try await asking { () async throws(DeskError) in try await desk.refresh(id) }.json)
        }
    }

    /// The checkout that a path names, for whoever holds a key. What is no id names nothing.
    private func checkoutID(_ request: Request, _ path: PathParameters) throws(ProblemDetails) -> Checkout.ID {
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

internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Wire

/// What shoppers' browsers call: a basket goes to Klarna's page, and from there they come back.
extension API {
    func addShopperRoutes(to router: inout Router) {
        if let catalog {
            router.on(.post, "/checkout", bodyBytesMax: limits.browserBodyBytesMax) { request, _ in
                await checkOut(request, catalog)
            }
        }
        router.on(.get, "/return/{token}/{outcome}") { request, path in await returned(request, path) }
    }

    /// Prices a basket and opens a checkout for it. A browser is told in HTML what went wrong, a script in JSON.
    private func checkOut(_ request: Request, _ catalog: Catalog) async -> Response {
        let preference = Preference(request)
        do throws(ProblemDetails) {
            return try await idempotency.answer(request, scope: "browser") { claim, resuming throws(ProblemDetails) in
                do throws(ProblemDetails) {
                    let checkout = try await open(request, catalog, claim, resuming)
                    guard let url = checkout.sessions?.redirectURL else {
                        throw ProblemDetails(.conflict, "This payment was closed before it was begun.")
                    }
                    guard preference == .json else { return .redirect(to: url) }
                    return .json(.created, ["redirect_url": .string(url)])
                } catch {
                    return refusal(error, preference)
                }
            }
        } catch {
            return refusal(error, preference)
        }
    }

    private func open(
        _ request: Request,
        _ catalog: Catalog,
        _ claim: IdempotencyClaim?,
        _ resuming: Checkout.ID?,
    ) async throws(ProblemDetails) -> Checkout {
        if let resuming {
            return try await asking { () async throws(DeskError) in try await desk.resumeOpening(resuming) }
        }
        let basket = try request.basket()
        let new = try reading { () throws(Faults) in try catalog.price(basket).assigned(to: terms.accounts) }
        return try await asking { () async throws(DeskError) in try await desk.open(new, claim: claim) }
    }

    private func refusal(_ problem: ProblemDetails, _ preference: Preference) -> Response {
        guard preference == .html, let page = resultPage.refusal(problem) else { return problem.response }
        return page
    }

    /// The shopper is back from Klarna's page. Where they go from here is decided by what Klarna says, not by the path.
    private func returned(_ request: Request, _ path: PathParameters) async -> Response {
        guard let id = pathSecret.checkoutID(in: path["token"], .returning),
            let outcome = Checkout.Outcome(rawValue: path["outcome"])
        else { return ProblemDetails.nothingHere.response }
        let attempt = ReturnAttempt(query: request.query)
        // Whoever only peeks moves nothing: a link checker, a browser that fetches in advance.
        guard request.method != .head, !request.isPrefetch else { return resultPage.checking(nil, outcome, attempt) }
        do throws(DeskError) {
            let checkout = try await desk.returned(id, waitingAtMost: limits.returnPatience)
            return answer(checkout, outcome, attempt)
        } catch {
            guard case .notFound = error else { return await answerWithoutKlarna(id, outcome, attempt) }
            return ProblemDetails.nothingHere.response
        }
    }

    /// Klarna or the database is silent. What is settled already can still be told.
    private func answerWithoutKlarna(
        _ id: Checkout.ID,
        _ outcome: Checkout.Outcome,
        _ attempt: ReturnAttempt,
    ) async -> Response {
        do throws(DeskError) {
            let checkout = try await desk.checkout(id)
            guard !checkout.status.isFinal else { return answer(checkout, outcome, attempt) }
            return resultPage.checking(checkout, outcome, attempt)
        } catch {
            return resultPage.checking(nil, outcome, attempt)
        }
    }

    private func answer(_ checkout: Checkout, _ outcome: Checkout.Outcome, _ attempt: ReturnAttempt) -> Response {
        guard let decided = checkout.decidedOutcome(for: outcome), let url = checkout.returnURL(for: decided) else {
            return resultPage.response(for: checkout, outcome, attempt, at: clock())
        }
        let query = "checkout_id=\(checkout.id)&status=\(checkout.status.rawValue)"
        return .redirect(to: appending(query, to: url))
    }
}

extension Checkout {
    /// Where the shopper belongs, by what is known; `nil` while it is not, and where only a page of ours can tell.
    func decidedOutcome(for outcome: Outcome) -> Outcome? {
        switch status {
        case .orderPlaced, .tokenized: .success
        case .created, .authorized, .needsReview: nil
        case .waiting, .inProgress: outcome == .success ? nil : outcome
        case .cancelled: outcome == .back ? .back : .cancel
        case .disabled, .expired, .orderFailed: outcome == .success ? .failure : outcome
        }
    }

    /// The merchant's page for an outcome, if there is one. A missing `error` means `failure`.
    func returnURL(for outcome: Outcome) -> String? {
        guard case .merchant(let urls) = returnURLs else { return nil }
        return urls[outcome] ?? (outcome == .error ? urls[.failure] : nil)
    }
}

/// Adds to the query of a URL that may have one already, and leaves its fragment at the end.
func appending(_ query: String, to url: String) -> String {
    let fragment = url.firstIndex(of: "#") ?? url.endIndex
    let base = url[..<fragment]
    let separator =
        if !base.contains("?") { "?" } else if base.hasSuffix("?") || base.hasSuffix("&") { "" } else { "&" }
    return base + separator + query + url[fragment...]
}

/// How often a shopper's page has looked again by itself.
struct ReturnAttempt: Sendable, Hashable {
    /// Seconds until it looks again, for each time.
    private static let pauses = [2, 2, 3, 5, 8, 10]

    /// 0 for the first look. A count that we did not write is the last one, so that nothing goes round for ever.
    let number: Int

    init(query: String?) {
        guard let given = FormFields(parsing: query ?? "")?["try"] else {
            number = 0
            return
        }
        let last = ReturnAttempt.pauses.count
        number = Int(given).flatMap { (1...last).contains($0) ? $0 : nil } ?? last
    }

    /// When and where the page looks next; `nil` when it rests.
    var next: (seconds: Int, url: String)? {
        number < ReturnAttempt.pauses.count ? (ReturnAttempt.pauses[number], "?try=\(number + 1)") : nil
    }
}

extension Request {
    /// Whether a browser fetches this in advance, without anybody having asked for it.
    fileprivate var isPrefetch: Bool {
        [self[.secPurpose], self[.purpose]].contains { $0?.lowercased().contains("prefetch") == true }
    }

    /// The basket in the body: JSON as it is, or a form's `items[0][reference]=MUG&items[0][quantity]=2`.
    func basket() throws(ProblemDetails) -> JSON {
        try requireNoCoding()
        switch mediaType {
        case "application/json": return try json()
        case "application/x-www-form-urlencoded":
            guard let fields = FormFields(parsing: body) else {
                throw ProblemDetails(.malformedRequest, "The form is not well-formed.")
            }
            return BasketForm.json(fields)
        case _:
            throw ProblemDetails(
                .unsupportedMediaType,
                "Send the basket as application/json or application/x-www-form-urlencoded.",
            )
        }
    }
}

internal import Checkouts
internal import HTTPMessage
internal import HTTPServer
internal import HTTPTypes
internal import Klarna
internal import Wire

/// Recurring payments: what a shopper agreed to be charged by again.
extension API {
    func addCustomerTokenRoutes(to router: inout Router) {
        let bodyBytesMax = limits.merchantBodyBytesMax
        router.answer(.get, "/v1/customer_tokens/{id}", readToken)
        router.answer(.delete, "/v1/customer_tokens/{id}", bodyBytesMax: bodyBytesMax, cancelToken)
        router.answer(.post, "/v1/customer_tokens/{id}/orders", bodyBytesMax: bodyBytesMax, charge)
    }

    private func readToken(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try customerTokenID(request, path)
        return try await show(id) { () async throws(DeskError) in try await desk.readToken(id) }
    }

    private func cancelToken(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try customerTokenID(request, path)
        return try await changing(request) { _, _ throws(ProblemDetails) in
            try await show(id) { () async throws(DeskError) in try await desk.cancelToken(id) }
        }
    }

    private func show(
        _ id: CustomerToken.ID,
        _ work: () async throws(DeskError) -> CustomerToken,
    ) async throws(ProblemDetails) -> Response {
        let token = try await asking(or: .noCustomerToken, work)
        let (origin, _) = try await asking(or: .noCustomerToken) { () async throws(DeskError) in
            try await desk.customerToken(id)
        }
        return .json(.ok, token.json(madeBy: origin))
    }

    /// Charges a token. A repetition waits for the charge that its key had begun, and begins another one only when that failed.
    private func charge(_ request: Request, _ path: PathParameters) async throws(ProblemDetails) -> Response {
        let id = try customerTokenID(request, path)
        try request.requireJSON()
        return try await changing(request, keyIsRequired: true) { claim, resuming throws(ProblemDetails) in
            if let resuming {
                let begun = try await asking { () async throws(DeskError) in try await desk.charged(resuming) }
                // One that certainly has no order is charged anew.
                guard begun.status == .orderFailed else { return try begun.charge() }
            }
            let json = try request.json()
            let new = try reading { () throws(Faults) in try NewCharge(json: json) }
            return try await charge(id, new, claim).charge()
        }
    }

    private func charge(
        _ id: CustomerToken.ID,
        _ new: NewCharge,
        _ claim: IdempotencyClaim?,
    ) async throws(ProblemDetails) -> Checkout {
        do throws(DeskError) {
            return try await desk.charge(id, new, claim: claim)
        } catch {
            switch error {
            case .notFound: throw .noCustomerToken
            case .notAllowed(_, let reason): throw ProblemDetails(.customerTokenCancelled, reason, status: .conflict)
            case .unknownAccount, .klarnaRefused, .klarnaUnknown, .klarnaBusy, .invalid, .store:
                throw ProblemDetails(error)
            }
        }
    }

    /// The customer token that a path names, for whoever holds a key. What is no id names nothing.
    private func customerTokenID(
        _ request: Request,
        _ path: PathParameters,
    ) throws(ProblemDetails) -> CustomerToken.ID {
        _ = try keys.holder(of: request)
        guard let id = CustomerToken.ID(rawValue: path["id"]) else { throw .noCustomerToken }
        return id
    }
}

extension Checkout {
    /// The answer to a charge: the order, or, while it is not known, the checkout that it is being placed for.
    fileprivate func charge() throws(ProblemDetails) -> Response {
        switch status {
        case .orderPlaced: return chargeAnswer(.created)
        // A person has to look whether there is an order: nothing is known of it.
        case .authorized, .needsReview: return chargeAnswer(.accepted)
        case .orderFailed:
            throw problem.map { ProblemDetails($0) } ?? ProblemDetails(.klarnaRefused, "There is no order.")
        case .created, .waiting, .inProgress, .tokenized, .cancelled, .disabled, .expired:
            throw ProblemDetails(.conflict, "The checkout is \(status.rawValue): it was not charged.")
        }
    }

    private func chargeAnswer(_ status: HTTPResponse.Status) -> Response {
        var json = order?.json ?? ["order_id": .null, "status": "pending"]
        json["checkout_id"] = .string(id.rawValue)
        json["customer_token"] = (chargedToken?.rawValue).json
        json["merchant_reference"] = merchantReference.json
        json["checkout"] = self.json
        return .json(status, .object(json), fields: [.location: "/v1/checkouts/\(id)"])
    }
}

extension CustomerToken {
    /// Klarna's own token is not in it.
    fileprivate func json(madeBy origin: Checkout) -> JSON {
        [
            "id": .string(id.rawValue),
            "status": .string(status),
            "checkout_id": .string(origin.id.rawValue),
            "account": .string(origin.account),
            "purchase_country": .string(origin.purchase.country),
            "purchase_currency": .string(origin.purchase.currency),
            "locale": .string(origin.purchase.locale),
            "payment_method_type": paymentMethodType.json,
            "masked_number": maskedNumber.json,
            "created_at": .string(createdAt.description),
        ]
    }
}

internal import Klarna
internal import Money
public import Wire

extension CheckoutRecord {
    /// The record of a checkout, under the version it was read as.
    public init(_ checkout: Checkout, vault: Vault) throws(StoreError) {
        let id = checkout.id.rawValue
        self.init(
            id: id,
            version: checkout.version,
            status: checkout.status.rawValue,
            account: checkout.account,
            merchantReference: checkout.merchantReference,
            heldReference: checkout.heldReference,
            createdAt: checkout.createdAt,
            updatedAt: checkout.updatedAt,
            hppSessionID: checkout.sessions?.hppSessionID.rawValue,
            orderID: checkout.order?.orderID.rawValue,
            document: checkout.document.bytes,
            sealed: try vault.seal(checkout.secrets.bytes, for: id),
        )
    }

    /// The checkout of a record.
    ///
    /// - Throws: ``StoreError/unavailable(reason:)`` when it was sealed with another key or is damaged.
    public func checkout(vault: Vault) throws(StoreError) -> Checkout {
        let plain = try vault.open(sealed, for: id)
        guard let document = try? JSON.parse(document), let secrets = try? JSON.parse(plain),
            let checkout = Checkout(self, document: document, secrets: secrets)
        else { throw .unavailable(reason: "the record of checkout \(id) is damaged") }
        return checkout
    }
}

extension Checkout {
    /// Members of the purchase that are personal data, and so belong in the sealed part.
    private static let personal = ["billing_address", "shipping_address", "customer"]

    fileprivate var document: JSON {
        var purchase = purchase.json.object ?? JSONObject()
        for name in Checkout.personal { purchase[name] = nil }
        var document = JSONObject()
        document["account"] = .string(account)
        document["purchase"] = .object(purchase)
        document["return_urls"] = returnURLs.json
        document["page"] = page.json
        document["metadata"] = .object(metadata)
        document["sessions"] = sessions?.json
        document["hpp_status"] = hppStatus.map(JSON.string)
        document["order"] = order?.json
        document["problem"] = problem?.json
        document["placement_key"] = placementKey.map(JSON.string)
        if holdsReference { document["holds_reference"] = true }
        if isPaidTwice { document["paid_twice"] = true }
        if isEndAnnounced { document["end_announced"] = true }
        return .object(document)
    }

    fileprivate var secrets: JSON {
        let purchase = purchase.json.object ?? JSONObject()
        var secrets = JSONObject()
        for name in Checkout.personal { secrets[name] = purchase[name] }
        secrets["placement"] = placement?.json
        if !spareAuthorizations.isEmpty {
            secrets["spare_authorizations"] = .array(
                spareAuthorizations.map { ["token": .string($0.token.rawValue), "at": .integer($0.at.milliseconds)] }
            )
        }
        if !surplusAuthorizations.isEmpty {
            secrets["surplus_authorizations"] = .array(surplusAuthorizations.map { .string($0.rawValue) })
        }
        return .object(secrets)
    }

    fileprivate init?(_ record: CheckoutRecord, document: JSON, secrets: JSON) {
        guard let id = ID(rawValue: record.id), let status = Status(rawValue: record.status),
            let account = document["account"]?.string, var purchase = document["purchase"]?.object
        else { return nil }
        for name in Checkout.personal { purchase[name] = secrets[name] }
        guard let purchase = Purchase(json: .object(purchase)), let page = PageOptions(json: document["page"] ?? [:]),
            let returnURLs = ReturnURLs(json: document["return_urls"])
        else { return nil }
        self.init(
            id: id,
            account: account,
            purchase: purchase,
            returnURLs: returnURLs,
            page: page,
            metadata: document["metadata"]?.object ?? JSONObject(),
            createdAt: record.createdAt,
        )
        self.version = record.version
        self.updatedAt = record.updatedAt
        self.status = status
        self.sessions = document["sessions"].flatMap(Sessions.init(json:))
        self.hppStatus = document["hpp_status"]?.string
        self.order = document["order"].flatMap(Order.init(json:))
        self.problem = document["problem"].flatMap(Problem.init(json:))
        self.placement = secrets["placement"].flatMap(OrderPlacement.init(json:))
        self.placementKey = document["placement_key"]?.string ?? placement?.idempotencyKey
        self.holdsReference = document["holds_reference"]?.bool ?? false
        self.isPaidTwice = document["paid_twice"]?.bool ?? false
        self.isEndAnnounced = document["end_announced"]?.bool ?? false
        self.spareAuthorizations = (secrets["spare_authorizations"]?.array ?? []).compactMap(Authorization.init(json:))
        // An earlier version kept spare ones as bare tokens, for nothing but giving them back.
        self.surplusAuthorizations = ["surplus_authorizations", "spare_authorizations"]
            .flatMap { (secrets[$0]?.array ?? []).compactMap(\.string) }
            .map { AuthorizationToken(rawValue: $0) }
    }

    /// What must be unique among all checkouts while this one alone may become the order of its merchant reference.
    fileprivate var heldReference: String? {
        guard holdsReference, let merchantReference else { return nil }
        return "\(account)/\(merchantReference)"
    }
}

extension Checkout.Authorization {
    fileprivate init?(json: JSON) {
        guard let token = json["token"]?.string, let at = json["at"].flatMap(Timestamp.init(json:)) else { return nil }
        self.init(token: AuthorizationToken(rawValue: token), at: at)
    }
}

extension Checkout.ReturnURLs {
    fileprivate var json: JSON {
        switch self {
        case .kassa: "kassa"
        case .none: "none"
        case .merchant(let urls):
            .object(
                JSONObject(
                    Checkout.Outcome.allCases.compactMap { outcome in
                        urls[outcome].map { (outcome.rawValue, .string($0)) }
                    }
                )
            )
        }
    }

    fileprivate init?(json: JSON?) {
        switch json {
        case "kassa": self = .kassa
        case "none": self = .none
        case .object(let members):
            var urls: [Checkout.Outcome: String] = [:]
            for outcome in Checkout.Outcome.allCases { urls[outcome] = members[outcome.rawValue]?.string }
            self = .merchant(urls)
        case _: return nil
        }
    }
}

extension Checkout.Sessions {
    fileprivate var json: JSON {
        var json = JSONObject()
        json["payment_session_id"] = .string(paymentSessionID.rawValue)
        json["hpp_session_id"] = .string(hppSessionID.rawValue)
        json["redirect_url"] = .string(redirectURL)
        json["qr_code_url"] = qrCodeURL.map(JSON.string)
        json["expires_at"] = .integer(expiresAt.milliseconds)
        json["payment_method_categories"] = .array(paymentMethodCategories.map(JSON.string))
        return .object(json)
    }

    fileprivate init?(json: JSON) {
        guard let payment = json["payment_session_id"]?.string, let hpp = json["hpp_session_id"]?.string,
            let redirectURL = json["redirect_url"]?.string,
            let expiresAt = json["expires_at"].flatMap(Timestamp.init(json:))
        else { return nil }
        self.init(
            paymentSessionID: PaymentSessionID(rawValue: payment),
            hppSessionID: HPPSessionID(rawValue: hpp),
            redirectURL: redirectURL,
            qrCodeURL: json["qr_code_url"]?.string,
            expiresAt: expiresAt,
            paymentMethodCategories: (json["payment_method_categories"]?.array ?? []).compactMap(\.string),
        )
    }
}

extension Order {
    fileprivate var json: JSON {
        var json = JSONObject()
        json["order_id"] = .string(orderID.rawValue)
        json["klarna_reference"] = klarnaReference.map(JSON.string)
        json["fraud_status"] = fraudStatus.map(JSON.string)
        json["status"] = .string(status)
        json["authorized_amount"] = .integer(authorizedAmount.value)
        json["captured_amount"] = .integer(capturedAmount.value)
        json["refunded_amount"] = .integer(refundedAmount.value)
        json["remaining_authorized_amount"] = .integer(remainingAuthorizedAmount.value)
        json["placed_at"] = .integer(placedAt.milliseconds)
        json["expires_at"] = expiresAt.map { .integer($0.milliseconds) }
        return .object(json)
    }

    fileprivate init?(json: JSON) {
        guard let orderID = json["order_id"]?.string, let status = json["status"]?.string,
            let authorized = json["authorized_amount"]?.integer, let captured = json["captured_amount"]?.integer,
            let refunded = json["refunded_amount"]?.integer,
            let remaining = json["remaining_authorized_amount"]?.integer,
            let placedAt = json["placed_at"].flatMap(Timestamp.init(json:))
        else { return nil }
        self.init(
            orderID: OrderID(rawValue: orderID),
            klarnaReference: json["klarna_reference"]?.string,
            fraudStatus: json["fraud_status"]?.string,
            status: status,
            authorizedAmount: MinorUnits(authorized),
            capturedAmount: MinorUnits(captured),
            refundedAmount: MinorUnits(refunded),
            remainingAuthorizedAmount: MinorUnits(remaining),
            placedAt: placedAt,
            expiresAt: json["expires_at"].flatMap(Timestamp.init(json:)),
        )
    }
}

extension Problem {
    fileprivate var json: JSON {
        var json = JSONObject()
        json["type"] = .string(type.rawValue)
        json["detail"] = .string(detail)
        json["klarna"] = klarna?.json
        return .object(json)
    }

    fileprivate init?(json: JSON) {
        guard let type = json["type"]?.string.flatMap(Kind.init(rawValue:)), let detail = json["detail"]?.string else {
            return nil
        }
        self.init(type, detail, klarna: json["klarna"].map(KlarnaAnswer.init(json:)))
    }
}

extension Problem.KlarnaAnswer {
    /// The shape in which answers of ours show what Klarna said.
    public var json: JSON {
        [
            "status": status.map { .integer(Int64($0)) } ?? .null,
            "error_code": errorCode.map(JSON.string) ?? .null,
            "error_messages": .array(errorMessages.map(JSON.string)),
            "correlation_id": correlationID.map(JSON.string) ?? .null,
        ]
    }

    fileprivate init(json: JSON) {
        self.init(
            status: json["status"]?.integer.map { Int($0) },
            errorCode: json["error_code"]?.string,
            errorMessages: (json["error_messages"]?.array ?? []).compactMap(\.string),
            correlationID: json["correlation_id"]?.string,
        )
    }
}

extension OrderPlacement {
    fileprivate var json: JSON {
        var json = JSONObject()
        json["token"] = .string(token.rawValue)
        json["body"] = .string(String(decoding: body, as: UTF8.self))
        json["idempotency_key"] = .string(idempotencyKey)
        json["authorized_at"] = .integer(authorizedAt.milliseconds)
        json["attempts"] = .integer(Int64(attempts.count))
        json["in_flight_since"] = attempts.inFlightSince.map { .integer($0.milliseconds) }
        json["unanswered_at"] = attempts.unansweredAt.map { .integer($0.milliseconds) }
        json["refusals"] = .integer(Int64(attempts.refusals))
        json["held"] = .integer(Int64(attempts.held))
        json["first_refused_at"] = attempts.firstRefusedAt.map { .integer($0.milliseconds) }
        json["last_refusal"] = attempts.lastRefusal?.json
        json["announced_age"] = announcedAge.map { .integer($0.components.seconds) }
        json["complete_since"] = completeSince.map { .integer($0.milliseconds) }
        return .object(json)
    }

    fileprivate init?(json: JSON) {
        guard let token = json["token"]?.string, let body = json["body"]?.string,
            let key = json["idempotency_key"]?.string,
            let authorizedAt = json["authorized_at"].flatMap(Timestamp.init(json:))
        else { return nil }
        self.init(
            token: AuthorizationToken(rawValue: token),
            body: Array(body.utf8),
            idempotencyKey: key,
            authorizedAt: authorizedAt,
        )
        attempts.count = Int(json["attempts"]?.integer ?? 0)
        attempts.inFlightSince = json["in_flight_since"].flatMap(Timestamp.init(json:))
        attempts.unansweredAt = json["unanswered_at"].flatMap(Timestamp.init(json:))
        attempts.refusals = Int(json["refusals"]?.integer ?? 0)
        attempts.held = Int(json["held"]?.integer ?? 0)
        attempts.firstRefusedAt = json["first_refused_at"].flatMap(Timestamp.init(json:))
        attempts.lastRefusal = json["last_refusal"].map(Problem.KlarnaAnswer.init(json:))
        announcedAge = json["announced_age"]?.integer.map { .seconds($0) }
        completeSince = json["complete_since"].flatMap(Timestamp.init(json:))
    }
}

extension Timestamp {
    fileprivate init?(json: JSON) {
        guard let milliseconds = json.integer else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

internal import Klarna
internal import Wire

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
    private static let personal = ["billing_address", "shipping_address", "customer", "attachment", "merchant_data"]

    fileprivate var document: JSON {
        var purchase = purchase.json.object ?? JSONObject()
        for name in Checkout.personal { purchase[name] = nil }
        var document = JSONObject()
        document["account"] = .string(account)
        document["provider"] = .string(provider.rawValue)
        document["terms"] = terms.json
        if let revision {
            var members = revision.json.object ?? JSONObject()
            for name in Checkout.personal { members[name] = nil }
            document["revision"] = .object(members)
            document["revision_since"] = revisionSince.map { .integer($0.milliseconds) }
        }
        document["charged_token"] = chargedToken.map { .string($0.rawValue) }
        if !operations.isEmpty { document["operations"] = .array(operations.map(\.json)) }
        document["customer_token"] = customerToken?.json
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
        document["placed_reference"] = placedReference.map(JSON.string)
        if isPaidTwice { document["paid_twice"] = true }
        if isDisabling { document["disabling"] = true }
        if isEndAnnounced { document["end_announced"] = true }
        return .object(document)
    }

    fileprivate var secrets: JSON {
        let purchase = purchase.json.object ?? JSONObject()
        var secrets = JSONObject()
        for name in Checkout.personal { secrets[name] = purchase[name] }
        secrets["placement"] = placement?.json
        secrets["customer_token"] = customerToken?.token.map { .string($0.rawValue) }
        let bodies = operations.filter { !$0.body.isEmpty }
            .map { ($0.id.rawValue, JSON.string(String(decoding: $0.body, as: UTF8.self))) }
        if !bodies.isEmpty { secrets["operation_bodies"] = .object(JSONObject(bodies)) }
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
            let returnURLs = ReturnURLs(json: document["return_urls"]),
            let terms = PaymentSessionTerms(json: document["terms"] ?? [:]),
            let provider = Provider(rawValue: document["provider"]?.string ?? Provider.payments.rawValue)
        else { return nil }
        let operations = (document["operations"]?.array ?? []).map { OrderOperation(json: $0) }
        guard !operations.contains(nil) else { return nil }
        self.init(
            id: id,
            account: account,
            provider: provider,
            purchase: purchase,
            terms: terms,
            chargedToken: document["charged_token"]?.string.flatMap(CustomerToken.ID.init(rawValue:)),
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
        if var revision = document["revision"]?.object {
            for name in Checkout.personal { revision[name] = secrets[name] }
            guard let revised = Purchase(json: .object(revision)) else { return nil }
            self.revision = revised
            self.revisionSince = document["revision_since"].flatMap(Timestamp.init(json:))
        }
        self.operations = operations.compactMap(\.self)
        for index in self.operations.indices where self.operations[index].isPending {
            let body = secrets["operation_bodies"]?[self.operations[index].id.rawValue]?.string
            self.operations[index].body = Array((body ?? "").utf8)
        }
        self.customerToken = document["customer_token"].flatMap {
            CustomerToken(json: $0, token: secrets["customer_token"]?.string, of: id)
        }
        self.placementKey = document["placement_key"]?.string ?? placement?.idempotencyKey
        self.holdsReference = document["holds_reference"]?.bool ?? false
        self.placedReference = document["placed_reference"]?.string
        self.isPaidTwice = document["paid_twice"]?.bool ?? false
        self.isDisabling = document["disabling"]?.bool ?? false
        self.isEndAnnounced = document["end_announced"]?.bool ?? false
        self.spareAuthorizations = (secrets["spare_authorizations"]?.array ?? []).compactMap(Authorization.init(json:))
        // An earlier version kept spare ones as bare tokens, for nothing but giving them back.
        self.surplusAuthorizations = ["surplus_authorizations", "spare_authorizations"]
            .flatMap { (secrets[$0]?.array ?? []).compactMap(\.string) }
            .map { AuthorizationToken(rawValue: $0) }
    }

    /// What must be unique among all checkouts while this one alone may become the order of its merchant reference.
    fileprivate var heldReference: String? {
        guard holdsReference, let merchantReference = placedReference ?? merchantReference else { return nil }
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

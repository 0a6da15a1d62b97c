public import Klarna
public import Wire

/// One shopper's attempt to pay: what the merchant asked for, where it stands at Klarna, and what came of it.
///
/// A value. ``apply(_:at:)`` moves it along and says what has to follow; somebody else does that. `version` counts its
/// stored states, so that two writers who read the same state cannot both win.
public struct Checkout: Sendable, Hashable {
    public let id: ID
    /// The name of the Klarna account, `default` unless the merchant chose another.
    public let account: String
    public let provider: Provider
    /// What is bought: the snapshot that every call to Klarna is made from.
    public package(set) var purchase: Purchase
    /// What is to be bought instead, while it is not known whether Klarna has taken it.
    public package(set) var revision: Purchase?
    /// Since when, by Klarna's clock.
    public package(set) var revisionSince: Timestamp?
    /// How the payment session is to be: what it is for, and where the shopper is.
    public let terms: PaymentSessionTerms
    public let returnURLs: ReturnURLs
    public let page: PageOptions
    /// The merchant's own texts, up to 50 of up to 500 characters, given back unchanged.
    public let metadata: JSONObject
    public let createdAt: Timestamp

    /// The version this was read as; 0 before it was ever stored.
    public package(set) var version: Int64 = 0
    public package(set) var updatedAt: Timestamp
    public package(set) var status: Status = .created
    /// The sessions at Klarna, from `waiting` on.
    public package(set) var sessions: Sessions?
    /// What the HPP session last said, in Klarna's word.
    public package(set) var hppStatus: String?
    /// The one attempt to turn an authorization into an order. Gone once it is settled.
    public package(set) var placement: OrderPlacement?
    /// The key of the latest placement, settled or not: by it an authorization that was dealt with is known again.
    public package(set) var placementKey: String?
    /// Whether this checkout alone, of all with its merchant reference, may become an order. From its first attempt on.
    public package(set) var holdsReference = false
    /// The merchant reference that it held alone when it was placed, where it has another by now.
    package var placedReference: String?
    /// Authorizations beyond the first one: kept, never sent while the first may have become an order.
    public package(set) var spareAuthorizations: [Authorization] = []
    /// Authorizations that will not become orders, until they are given back.
    public package(set) var surplusAuthorizations: [AuthorizationToken] = []
    /// Whether it was told that another checkout with the same merchant reference was paid before this one.
    public package(set) var isPaidTwice = false
    /// Whether the merchant wants the hosted page closed.
    public package(set) var isDisabling = false
    /// Whether it was told that the hosted page will close soon.
    public package(set) var isEndAnnounced = false
    public package(set) var order: Order?
    /// What was done with the order, here and elsewhere, the oldest first.
    public package(set) var operations: [OrderOperation] = []
    /// What the shopper agreed to be charged by again.
    public package(set) var customerToken: CustomerToken?
    /// The customer token that this checkout charges; `nil` for all that a shopper pays at the hosted page.
    public let chargedToken: CustomerToken.ID?
    /// What stands in the way, in words that a developer can act on.
    public package(set) var problem: Problem?

    public init(
        id: ID,
        account: String = "default",
        provider: Provider = .payments,
        purchase: Purchase,
        terms: PaymentSessionTerms = PaymentSessionTerms(),
        chargedToken: CustomerToken.ID? = nil,
        returnURLs: ReturnURLs = .kassa,
        page: PageOptions = PageOptions(),
        metadata: JSONObject = JSONObject(),
        createdAt: Timestamp,
    ) {
        self.id = id
        self.account = account
        self.provider = provider
        self.purchase = purchase
        self.terms = terms
        self.chargedToken = chargedToken
        self.returnURLs = returnURLs
        self.page = page
        self.metadata = metadata
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }
}

extension Checkout {
    /// `chk_` and a ULID: ids sort by the time they were made.
    public struct ID: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
        public let rawValue: String

        /// `nil` unless the text has the form of an id, so that ids from outside are safe in paths and logs.
        public init?(rawValue: String) {
            guard rawValue.hasPrefix("chk_"), ULID.isValid(rawValue.dropFirst(4)) else { return nil }
            self.rawValue = rawValue
        }

        public init(_ ulid: ULID) { rawValue = "chk_\(ulid)" }

        public var description: String { rawValue }
    }

    /// Which of Klarna's products holds the purchase behind the hosted page.
    public enum Provider: String, Sendable, Hashable, CaseIterable {
        case payments = "klarna_payments"
        /// Klarna Checkout, which places its orders by itself.
        case checkout = "klarna_checkout"
    }

    /// Where a checkout stands, in the contract's words.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// Known here, not yet at Klarna.
        case created
        /// The hosted page waits for the shopper.
        case waiting
        /// The shopper was on the page, and may still be: going back, a decline and an error all leave it open.
        case inProgress = "in_progress"
        /// The shopper was authorized; the order is being placed, or its outcome is not yet known.
        case authorized
        case orderPlaced = "order_placed"
        /// The shopper agreed to be charged later: there is a customer token and no order.
        case tokenized
        case cancelled
        case disabled
        case expired
        /// Authorized, but there is no order and there will be none.
        case orderFailed = "order_failed"
        /// An order may exist that cannot be identified: a person must look.
        case needsReview = "needs_review"

        /// Whether it has ended. Only an order that Klarna shows after all still moves it.
        public var isFinal: Bool {
            switch self {
            case .created, .waiting, .inProgress, .authorized: false
            case .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview: true
            }
        }
    }

    /// Where the shopper goes after the hosted page.
    public enum ReturnURLs: Sendable, Hashable {
        /// Kassa's own result pages.
        case kassa
        /// No redirects at all: Klarna's own pages, the outcome comes by callback and polling.
        case none
        /// The merchant's pages. A missing one means Kassa's page; a missing `error` means `failure`.
        case merchant([Outcome: String])
    }

    /// The five ways in which the hosted page sends a shopper back.
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        case success, cancel, back, failure, error
    }

    /// A shopper's consent to pay, which can become one order within an hour.
    public struct Authorization: Sendable, Hashable {
        public let token: AuthorizationToken
        /// When it was given, by Klarna's clock.
        public let at: Timestamp

        public init(token: AuthorizationToken, at: Timestamp) {
            self.token = token
            self.at = at
        }
    }

    /// The sessions Kassa created at Klarna for this checkout.
    public struct Sessions: Sendable, Hashable {
        /// With Klarna Checkout it is the id of its order.
        public let paymentSessionID: PaymentSessionID
        public let hppSessionID: HPPSessionID
        /// The hosted page, opaque.
        public let redirectURL: String
        public let qrCodeURL: String?
        /// When the shopper can no longer pay, by Klarna's clock: 47 hours after creation unless Klarna said otherwise.
        public let expiresAt: Timestamp
        /// Klarna's identifiers of what it offers: `pay_later`, `pay_now` and so on.
        public let paymentMethodCategories: [String]

        public init(
            paymentSessionID: PaymentSessionID,
            hppSessionID: HPPSessionID,
            redirectURL: String,
            qrCodeURL: String?,
            expiresAt: Timestamp,
            paymentMethodCategories: [String],
        ) {
            self.paymentSessionID = paymentSessionID
            self.hppSessionID = hppSessionID
            self.redirectURL = redirectURL
            self.qrCodeURL = qrCodeURL
            self.expiresAt = expiresAt
            self.paymentMethodCategories = paymentMethodCategories
        }

        /// The order that Klarna Checkout keeps the purchase in, where it does.
        var checkoutOrderID: CheckoutOrderID { CheckoutOrderID(rawValue: paymentSessionID.rawValue) }
    }

    /// Until when the authorization can become an order, by Klarna's clock; `nil` when there is none to place.
    public var authorizationExpiresAt: Timestamp? { chargedToken == nil ? placement?.expiresAt : nil }

    /// The merchant's own number for this checkout.
    public var merchantReference: String? { purchase.merchantReference1 }

    /// By when the next step has to be done to be of use, by Klarna's clock.
    public var deadline: Timestamp? { authorizationExpiresAt ?? sessions?.expiresAt }
}

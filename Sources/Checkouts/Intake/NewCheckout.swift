public import Klarna
internal import Money
public import Wire

/// What a checkout is opened from: a purchase that Klarna's arithmetic accepts, with everything checked that can be
/// checked before a call. It can only be made valid.
public struct NewCheckout: Sendable, Hashable {
    public let account: String
    public let provider: Checkout.Provider
    public let purchase: Purchase
    /// What the payment session is for and how it looks; its URLs are for the desk to fill in.
    public let terms: PaymentSessionTerms
    public let returnURLs: Checkout.ReturnURLs
    /// What the checkout asks for, over what its account has set.
    public let page: PageOptions
    public let metadata: JSONObject
    /// What was taken although it is not as Klarna would have it, and what became of it.
    public let warnings: [Fault]

    /// What a merchant's request is measured against.
    public struct Terms: Sendable, Hashable {
        /// The Klarna accounts there are, by name.
        public let accounts: [String: AccountTerms]
        public let returnOrigins: ReturnOrigins

        public init(accounts: [String: AccountTerms], returnOrigins: ReturnOrigins) {
            self.accounts = accounts
            self.returnOrigins = returnOrigins
        }
    }

    init(
        account: String = "default",
        provider: Checkout.Provider = .payments,
        purchase: Purchase,
        terms: PaymentSessionTerms = PaymentSessionTerms(),
        returnURLs: Checkout.ReturnURLs = .kassa,
        page: PageOptions = PageOptions(),
        metadata: JSONObject = JSONObject(),
        warnings: [Fault] = [],
    ) {
        self.account = account
        self.provider = provider
        self.purchase = purchase
        self.terms = terms
        self.returnURLs = returnURLs
        self.page = page
        self.metadata = metadata
        self.warnings = warnings
    }
}

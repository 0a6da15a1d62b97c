public import Klarna
internal import Money
public import Wire

/// What a checkout is opened from: a purchase that Klarna's arithmetic accepts, with everything checked that can be
/// checked before a call. It can only be made valid.
public struct NewCheckout: Sendable, Hashable {
    public let account: String
    public let purchase: Purchase
    public let returnURLs: Checkout.ReturnURLs
    public let page: PageOptions
    public let metadata: JSONObject

    /// What a merchant's request is measured against.
    public struct Terms: Sendable, Hashable {
        /// The names of the Klarna accounts there are.
        public let accounts: Set<String>
        public let returnOrigins: ReturnOrigins

        public init(accounts: Set<String>, returnOrigins: ReturnOrigins) {
            self.accounts = accounts
            self.returnOrigins = returnOrigins
        }
    }

    init(
        account: String = "default",
        purchase: Purchase,
        returnURLs: Checkout.ReturnURLs = .kassa,
        page: PageOptions = PageOptions(),
        metadata: JSONObject = JSONObject(),
    ) {
        self.account = account
        self.purchase = purchase
        self.returnURLs = returnURLs
        self.page = page
        self.metadata = metadata
    }
}

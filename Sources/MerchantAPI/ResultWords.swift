internal import Checkouts

/// What a result page says.
struct ResultWords: Sendable {
    let face: Face
    let title: String
    let heading: String
    let text: String
    /// What the link to Klarna's page is called, where going on there makes sense.
    var again: String?

    enum Face: String, Sendable {
        case paid, unpaid, checking, review
    }

    init(_ face: Face, _ title: String, _ heading: String, _ text: String, again: String? = nil) {
        self.face = face
        self.title = title
        self.heading = heading
        self.text = text
        self.again = again
    }

    /// What is known of a checkout; `nil` while the truth is not. The outcome only words that nothing was paid.
    init?(_ checkout: Checkout, _ outcome: Checkout.Outcome) {
        switch checkout.status {
        case .created, .authorized: return nil
        case .waiting, .inProgress:
            guard let words = ResultWords.open(outcome) else { return nil }
            self = words
        case .orderPlaced: self = checkout.order?.fraudStatus == "PENDING" ? .pending : .paid
        case .tokenized: self = .agreed
        case .needsReview: self = .review
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        case .disabled: self = .disabled
        case .orderFailed: self = .notPlaced
        }
    }

    private static func open(_ outcome: Checkout.Outcome) -> ResultWords? {
        switch outcome {
        case .success:
            nil
        case .back:
            ResultWords(
                .unpaid,
                "Not paid yet",
                "You have not paid yet",
                "You left the payment page before finishing. Nothing has been charged.",
                again: "Continue to payment",
            )
        case .cancel:
            ResultWords(
                .unpaid,
                "Payment cancelled",
                "The payment was cancelled",
                "Nothing has been charged. Your basket is still there if you change your mind.",
                again: "Try again",
            )
        case .failure:
            ResultWords(
                .unpaid,
                "Payment declined",
                "Klarna declined this payment",
                "Nothing has been charged. You can try again with another way to pay.",
                again: "Try again",
            )
        case .error:
            ResultWords(
                .unpaid,
                "Payment not completed",
                "Something went wrong on the way",
                "The payment was not completed and nothing has been charged. Please try again.",
                again: "Try again",
            )
        }
    }

    static let paid = ResultWords(
        .paid,
        "Thank you",
        "Thank you, your order is placed",
        "Klarna has confirmed your payment. There is nothing more for you to do.",
    )
    static let agreed = ResultWords(
        .paid,
        "Thank you",
        "Thank you, your payment method is saved",
        "Klarna has confirmed it. Nothing has been charged now; there is nothing more for you to do.",
    )
    static let pending = ResultWords(
        .review,
        "Being confirmed",
        "Your order is being confirmed",
        "Klarna is still confirming this payment. There is nothing more for you to do; you will hear from us.",
    )
    static let review = ResultWords(
        .review,
        "Being confirmed",
        "A person is confirming your order",
        "Something about this payment needs a closer look, and we are looking. "
            + "You will hear from us; please do not pay a second time.",
    )
    static let checking = ResultWords(
        .checking,
        "Checking your payment",
        "We are checking your payment",
        "This takes a few seconds. The page looks again by itself; please do not pay a second time.",
    )
    static let stillChecking = ResultWords(
        .checking,
        "Still checking",
        "We are still checking your payment",
        "Klarna has not told us the result yet. We keep asking, and your order is completed as soon as we know: "
            + "you can close this page. Please do not pay a second time.",
    )
    static let cancelled = ResultWords(
        .unpaid,
        "Payment cancelled",
        "The payment was cancelled",
        "Nothing has been charged. Your basket is still there if you change your mind.",
    )
    static let expired = ResultWords(
        .unpaid,
        "Payment expired",
        "This payment has expired",
        "Its time ran out before it was paid, and nothing has been charged. Please start again from the shop.",
    )
    static let disabled = ResultWords(
        .unpaid,
        "Payment closed",
        "This payment was closed",
        "The shop closed it before it was paid. Nothing has been charged.",
    )
    static let notPlaced = ResultWords(
        .unpaid,
        "Order not placed",
        "Your order could not be placed",
        "Klarna approved the payment but did not accept the order, so nothing has been bought and no money is taken. "
            + "Please start again from the shop.",
    )
    static let emptyBasket = ResultWords(
        .unpaid,
        "Nothing to pay for",
        "Your basket is empty",
        "Choose at least one thing in the shop, then pay.",
    )
    static let oddBasket = ResultWords(
        .unpaid,
        "Please check your basket",
        "This basket cannot be paid",
        "Something in it is not sold here, or not in that quantity. Please choose again in the shop.",
    )
    static let noKlarna = ResultWords(
        .unpaid,
        "Please try again",
        "We cannot reach Klarna just now",
        "Nothing has been charged. Please try again in a moment.",
    )
}

import Wire

extension SandboxWorld {
    /// How a shopper pays, in Klarna Payments' words (`authorized_payment_method.type`).
    public enum PaymentMethod: String, Sendable, CaseIterable {
        case invoice
        case b2bInvoice = "b2b_invoice"
        case baseAccount = "base_account"
        case fixedAmount = "fixed_amount"
        case fixedSumCredit = "fixed_sum_credit"
        case directDebit = "direct_debit"
        case directBankTransfer = "direct_bank_transfer"
        case card
    }
}

extension SandboxWorld.PaymentMethod {
    /// What a shopper chooses who is offered this category first; to pay later where there is none.
    static func of(category: String?, _ purchase: JSONObject) -> Self {
        switch category?.lowercased() {
        case "pay_now": .card
        case "pay_over_time":
            purchase.string("purchase_country")?.uppercased() == "US" ? .fixedSumCredit : .fixedAmount
        case _: purchase["customer"]?["type"]?.string == "organization" ? .b2bInvoice : .invoice
        }
    }

    /// Klarna Order Management v1, `initial_payment_method`.
    var orderManagementJSON: JSON {
        switch self {
        case .invoice: ["type": "INVOICE", "description": "Pay later"]
        case .b2bInvoice: ["type": "INVOICE_BUSINESS", "description": "Pay later for companies"]
        case .baseAccount: ["type": "ACCOUNT", "description": "Account"]
        case .fixedAmount: ["type": "FIXED_AMOUNT", "description": "Pay in 3", "number_of_installments": 3]
        case .fixedSumCredit: ["type": "FIXED_SUM_CREDIT", "description": "Financing", "number_of_installments": 6]
        case .directDebit: ["type": "DIRECT_DEBIT", "description": "Direct debit"]
        case .directBankTransfer: ["type": "BANK_TRANSFER", "description": "Bank transfer"]
        case .card: ["type": "CARD", "description": "Card"]
        }
    }

    /// Klarna Payments v1 and Customer Tokens v1, `authorized_payment_method`.
    var paymentsJSON: JSON {
        var json: JSONObject = ["type": .string(rawValue)]
        switch self {
        case .invoice, .b2bInvoice: json["number_of_days"] = 30
        case .fixedAmount: json["number_of_installments"] = 3
        case .fixedSumCredit: json["number_of_installments"] = 6
        case .baseAccount, .directDebit, .directBankTransfer, .card: break
        }
        return .object(json)
    }

    /// Whether there is a due date that a merchant can move.
    var isPaidLater: Bool { self == .invoice || self == .b2bInvoice }

    /// Whether the amount of an order may grow, with a new look at the risk.
    func allowsIncrease(in country: String) -> Bool {
        switch self {
        case .invoice, .b2bInvoice, .baseAccount: true
        case .directDebit: country != "CH"
        case .fixedAmount: ["AT", "DE", "DK", "FI", "FR", "NL", "NO", "SE"].contains(country)
        case .fixedSumCredit, .directBankTransfer, .card: false
        }
    }
}

extension SandboxWorld {
    /// How the shopper of a page pays.
    func paymentMethod(onHPPSession id: String, _ purchase: JSONObject) -> PaymentMethod {
        behaviour.paymentMethod ?? .of(category: hppSessions[id]?.categories.first?.identifier, purchase)
    }
}

internal import Money
internal import Wire

/// The same purchase where it is not the shopper's authorization that is turned into an order.
extension Purchase {
    /// The body that places an order on a customer token. It is to be kept and sent again as it is, byte by byte.
    ///
    /// The country is the token's. Klarna takes URLs only together with one for the confirmation.
    ///
    /// Klarna Customer Token v1, `POST /customer-token/v1/tokens/{customerToken}/order`. The locale stands in the guides'
    /// samples and not in the specification.
    public func tokenOrderBody(urls: PaymentMerchantURLs = PaymentMerchantURLs()) -> [UInt8] {
        var body = JSONObject()
        body.set("purchase_currency", currency)
        body.set("locale", locale)
        setAmounts(&body)
        body["order_lines"] = .array(orderLines.map(\.json))
        setReferences(&body)
        if let confirmation = urls.confirmation {
            body.set("merchant_urls", PaymentMerchantURLs(confirmation: confirmation, push: urls.push).json)
        }
        body["shipping_address"] = shippingAddress?.json
        body["attachment"] = attachment?.json
        if autoCapture { body.set("auto_capture", true) }
        return JSON.object(body).bytes
    }

    /// The body that creates or updates an order of Klarna Checkout.
    ///
    /// Each line has a tax rate and a tax there, so that one that has none says zero, and an address names no organization.
    ///
    /// Klarna Checkout v3, `POST /checkout/v3/orders`.
    public func checkoutOrderBody(urls: CheckoutMerchantURLs, options: CheckoutOptions = CheckoutOptions()) -> [UInt8] {
        var body = JSONObject()
        body.set("purchase_country", country)
        body.set("purchase_currency", currency)
        body.set("locale", locale)
        setAmounts(&body)
        body["order_lines"] = .array(
            orderLines.map { line in
                var line = line
                line.taxRate = line.taxRate ?? 0
                line.totalTaxAmount = line.totalTaxAmount ?? .zero
                return line.json
            }
        )
        body.set("merchant_urls", urls.json)
        setReferences(&body)
        body["billing_address"] = billingAddress?.personal.json
        body["shipping_address"] = shippingAddress?.personal.json
        body.set("customer", customer)
        body["attachment"] = attachment?.json
        options.set(&body)
        return JSON.object(body).bytes
    }

    /// Both are required there.
    private func setAmounts(_ json: inout JSONObject) {
        json.set("order_amount", orderAmount)
        json.set("order_tax_amount", orderTaxAmount ?? .sum(orderLines.compactMap(\.totalTaxAmount)) ?? .zero)
    }

    private func setReferences(_ json: inout JSONObject) {
        json.set("merchant_reference1", merchantReference1)
        json.set("merchant_reference2", merchantReference2)
        json.set("merchant_data", merchantData)
    }
}

extension Address {
    fileprivate var personal: Address {
        var address = self
        address.organizationName = nil
        address.attention = nil
        return address
    }
}

internal import Klarna
internal import Money
public import Wire

/// What the shop sells, and for how much: browser checkouts are priced from here and from nowhere else.
public struct Catalog: Sendable, Hashable {
    public let country: String
    public let currency: String
    public let locale: String
    let products: [Article]
    /// The first one is added to every basket.
    let shipping: [Article]

    /// Something with a price: amounts in minor units and including tax, the rate in percent times 100.
    struct Article: Sendable, Hashable {
        let reference: String
        let name: String
        let unitPrice: MinorUnits
        let taxRate: Int64
    }

    /// Reads a catalog file.
    ///
    /// - Throws: Every fault of it at once.
    public init(parsing bytes: [UInt8]) throws(Faults) {
        let json: JSON
        do {
            json = try JSON.parse(bytes)
        } catch {
            throw Faults([Fault("", "is not JSON: \(error)")])
        }
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        let place = NewCheckout.marketplace(&reader, country: "country", currency: "currency")
        let products = reader.objects("products", 1...1000, required: true) { Catalog.article(&$0, isProduct: true) }
        let shipping = reader.objects("shipping", 0...100) { Catalog.article(&$0, isProduct: false) } ?? []
        reader.end()
        if let products { reader.note(Catalog.repetitions(products, shipping)) }
        if place?.market.country == "US", (products ?? []).contains(where: { $0.taxRate > 0 }) {
            reader.note([Fault("/products", "in the United States prices exclude tax: every tax_rate must be 0")])
        }
        guard let place, let products, reader.faults.isEmpty else { throw Faults(reader.faults) }
        self.country = place.market.country
        self.currency = place.market.currency
        self.locale = place.locale
        self.products = products
        self.shipping = shipping
    }

    private static func article(_ reader: inout ObjectReader, isProduct: Bool) -> Article? {
        let reference = reader.text("reference", 1...255, .articleNumber, required: true)
        let name = reader.text("name", 1...255, required: true)
        let unitPrice = reader.integer("unit_price", 0...OrderLineRules.amountMax, required: true)
        let taxRate = reader.integer("tax_rate", 0...10_000, required: true)
        if isProduct {
            // For the pages of the shop; nothing here needs them.
            _ = reader.text("description", 0...5000, .lines)
            _ = reader.text("image", 0...1024, .anything)
        }
        guard let reference, let name, let unitPrice, let taxRate else { return nil }
        return Article(reference: reference, name: name, unitPrice: MinorUnits(unitPrice), taxRate: taxRate)
    }

    private static func repetitions(_ products: [Article], _ shipping: [Article]) -> [Fault] {
        var seen: Set<String> = []
        let places = products.indices.map { "/products/\($0)" } + shipping.indices.map { "/shipping/\($0)" }
        return zip(products + shipping, places).compactMap { article, place in
            seen.insert(article.reference).inserted
                ? nil : Fault("\(place)/reference", "stands for another article already")
        }
    }
}

extension Catalog {
    /// How many of one product a basket may hold.
    public static let quantityMax: Int64 = 99

    /// Prices a basket, `{"items": [{"reference", "quantity"}]}`. Items of quantity 0 are left out, equal ones counted
    /// together; what else an item says about itself, a price for instance, is of no interest.
    ///
    /// - Throws: Every fault of the basket at once.
    public func price(_ basket: JSON) throws(Faults) -> NewCheckout {
        guard let object = basket.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        var quantities: [Article: Int64] = [:]
        _ = reader.objects("items", 0...1000) { reader -> Void? in
            count(&reader, &quantities)
            reader.ignoreTheRest()
            return ()
        }
        guard reader.faults.isEmpty else { throw Faults(reader.faults) }
        var lines = products.compactMap { product in
            quantities[product].map { line(product, type: "physical", quantity: $0) }
        }
        guard !lines.isEmpty else { throw Faults([Fault("/items", "the basket is empty")]) }
        if let shipping = shipping.first { lines.append(line(shipping, type: "shipping_fee", quantity: 1)) }
        return try checkout(lines)
    }

    private func count(_ reader: inout ObjectReader, _ quantities: inout [Article: Int64]) {
        let reference = reader.text("reference", 1...255, .anything, required: true)
        guard let quantity = reader.integer("quantity", 0...Catalog.quantityMax, required: true), quantity > 0,
            let reference
        else { return }
        guard let product = products.first(where: { $0.reference == reference }) else {
            reader.note("reference", "is not in the catalog")
            return
        }
        let sum = quantities[product, default: 0] + quantity
        guard sum <= Catalog.quantityMax else {
            reader.note("quantity", "must be at most \(Catalog.quantityMax) in all")
            return
        }
        quantities[product] = sum
    }

    private func line(_ article: Article, type: String, quantity: Int64) -> OrderLine {
        var line = OrderLine(
            name: article.name,
            quantity: quantity,
            unitPrice: article.unitPrice,
            // At most 99 times 200,000,000.
            totalAmount: MinorUnits(article.unitPrice.value * quantity),
        )
        line.type = type
        line.reference = article.reference
        guard country != "US" else { return line }
        line.taxRate = article.taxRate
        return OrderLineRules(country: country).completed(line)
    }

    private func checkout(_ lines: [OrderLine]) throws(Faults) -> NewCheckout {
        guard let amount = MinorUnits.sum(lines.map(\.totalAmount)), amount.value <= OrderLineRules.amountMax else {
            throw Faults([Fault("/items", "the basket is worth more than one order may be")])
        }
        var purchase = Purchase(
            country: country,
            currency: currency,
            locale: locale,
            orderAmount: amount,
            orderLines: lines,
        )
        purchase.orderTaxAmount = OrderLineRules(country: country).taxSum(of: lines)
        return NewCheckout(purchase: purchase)
    }
}

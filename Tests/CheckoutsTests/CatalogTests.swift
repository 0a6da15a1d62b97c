import Foundation
import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A catalog")
struct CatalogTests {
    @Test func `prices a basket and adds its first shipping line`() throws {
        let basket: JSON = ["items": [["reference": "MUG", "quantity": 2], ["reference": "CARD", "quantity": 1]]]
        let purchase = try catalog().price(basket).purchase
        #expect(purchase.orderLines.map(\.reference) == ["MUG", "CARD", "DELIVERY"])
        #expect(purchase.orderLines.map(\.type) == ["physical", "physical", "shipping_fee"])
        #expect(purchase.orderLines.map(\.totalAmount) == [25_000, 990, 4900])
        #expect(purchase.orderLines.map(\.totalTaxAmount) == [5000, 56, 980])
        #expect(purchase.orderAmount == 30_890)
        #expect(purchase.orderTaxAmount == 6036)
        #expect(purchase.country == "SE" && purchase.currency == "SEK" && purchase.locale == "sv-SE")
    }

    @Test func `comes along as an example without a fault`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let example = try Catalog(parsing: Array(Data(contentsOf: root.appending(path: "config/catalog.json"))))
        #expect(try example.price(["items": [["reference": "MUG", "quantity": 1]]]).purchase.orderLines.count == 2)
    }

    @Test func `asks nobody but itself for a price`() throws {
        let basket: JSON = [
            "items": [["reference": "MUG", "quantity": 1, "unit_price": 1, "total_amount": 1]], "order_amount": 1,
        ]
        #expect(try catalog().price(basket).purchase.orderAmount == 17_400)
    }

    @Test func `counts equal items together and leaves out those of which there are none`() throws {
        let basket: JSON = [
            "items": [
                ["reference": "MUG", "quantity": 1], ["reference": "CARD", "quantity": 0],
                ["reference": "MUG", "quantity": 3],
            ]
        ]
        #expect(try catalog().price(basket).purchase.orderLines.first?.quantity == 4)
    }

    @Test(
        "refuses a basket",
        arguments: [
            ([:], "/items"), (["items": []], "/items"), (["items": [["reference": "MUG", "quantity": 0]]], "/items"),
            (["items": [["reference": "YACHT", "quantity": 1]]], "/items/0/reference"),
            (["items": [["reference": "MUG", "quantity": 100]]], "/items/0/quantity"),
            (["items": [["reference": "MUG", "quantity": -1]]], "/items/0/quantity"),
            (["items": [["reference": "MUG", "quantity": "2"]]], "/items/0/quantity"),
            (
                ["items": [["reference": "MUG", "quantity": 50], ["reference": "MUG", "quantity": 50]]],
                "/items/1/quantity",
            ),
            (["items": [["quantity": 1]]], "/items/0/reference"),
            (["items": [["reference": "MUG"]]], "/items/0/quantity"),
            (["items": "MUG"], "/items"), ([], ""),
        ] as [(JSON, String)],
    )
    func refusals(basket: JSON, pointer: String) throws {
        let error = try #require(throws: Faults.self) { try catalog().price(basket) }
        #expect(error.all.map(\.pointer) == [pointer])
    }

    @Test func `refuses a basket that is worth more than an order may be`() throws {
        let gold = file.replacing("12500", with: "200000000")
        let catalog = try Catalog(parsing: Array(gold.utf8))
        let error = try #require(throws: Faults.self) {
            try catalog.price(["items": [["reference": "MUG", "quantity": 99]]])
        }
        #expect(error.all.map(\.pointer) == ["/items"])
    }

    @Test(
        "refuses a file",
        arguments: [
            ("", ""), ("[]", ""), ("{", ""), (file.replacing("\"SEK\"", with: "\"EUR\""), "/currency"),
            (file.replacing("12500", with: "125.00"), "/products/0/unit_price"),
            (file.replacing("\"image\"", with: "\"picture\""), "/products/0/picture"),
            (file.replacing("\"CARD\"", with: "\"MUG\""), "/products/1/reference"),
            (file.replacing("\"DELIVERY\"", with: "\"MUG\""), "/shipping/0/reference"),
            (file.replacing("\"tax_rate\": 600", with: "\"tax_rate\": 10001"), "/products/1/tax_rate"),
            (file.replacing("\"name\": \"Card\",", with: ""), "/products/1/name"),
        ],
    )
    func badFiles(text: String, pointer: String) throws {
        let error = try #require(throws: Faults.self) { try Catalog(parsing: Array(text.utf8)) }
        #expect(error.all.map(\.pointer) == [pointer])
    }

    @Test func `has prices without tax in the United States`() throws {
        let file = file.replacing("\"SE\"", with: "\"US\"").replacing("\"SEK\"", with: "\"USD\"")
        #expect(throws: Faults.self) { try Catalog(parsing: Array(file.utf8)) }
        let untaxed = file.replacing("2500", with: "0").replacing("600", with: "0").replacing("10", with: "10")
        let purchase = try Catalog(parsing: Array(untaxed.utf8)).price([
            "items": [["reference": "CARD", "quantity": 1]]
        ])
        .purchase
        #expect(purchase.orderLines.allSatisfy { $0.taxRate == nil && $0.totalTaxAmount == nil })
        #expect(purchase.orderTaxAmount == 0)
    }
}

private func catalog() throws -> Catalog { try Catalog(parsing: Array(file.utf8)) }

private let file = """
    {"country": "SE", "currency": "SEK", "locale": "sv-SE",
     "products": [
       {"reference": "MUG", "name": "Mug", "description": "Holds\\ttea", "unit_price": 12500, "tax_rate": 2500,
        "image": "/mug.svg"},
       {"reference": "CARD", "name": "Card", "unit_price": 990, "tax_rate": 600}],
     "shipping": [{"reference": "DELIVERY", "name": "Delivery", "unit_price": 4900, "tax_rate": 2500}]}
    """

import KlarnaDocsSupport
import KlarnaSandbox
import Testing
import Wire

@Suite(
    "By Klarna Checkout's own API description, the sandbox",
    .enabled(if: KlarnaDocument.isAvailable, "\(KlarnaDocument.absence)"),
)
struct CheckoutOpenAPITests {
    @Test func `takes the example of an order of Klarna Checkout and answers by the document`() throws {
        let merchant = Merchant()
        let checkout = try KlarnaDocument(.checkout)
        let body = try Fixture.json("kco-order-create.request")
        let path = "/checkout/v3/orders"
        #expect(try checkout.requestFaults("POST", path, body: body) == [])
        let created = merchant.call("POST", path, body)
        #expect(created.status == 201)
        #expect(try checkout.faults("POST", path, created) == [])
        let order = "\(path)/\(try #require(created.json["order_id"]?.string))"
        #expect(try checkout.faults("POST", order, merchant.call("POST", order, ["merchant_reference2": "x"])) == [])
        let hosting = try Fixture.json("hpp-session-create.request.kco")
            .with("payment_session_url", .string(Merchant.base + order))
        let hosted = merchant.call("POST", "/hpp/v1/sessions", hosting)
        #expect(try KlarnaDocument(.hostedPaymentPage).faults("POST", "/hpp/v1/sessions", hosted) == [])
        #expect(try merchant.act(.approve, try #require(hosted.json["session_id"]?.string)).status == .completed)
        let reading = merchant.call("GET", order)
        #expect(reading.json["status"] == "checkout_complete")
        #expect(try checkout.faults("GET", order, reading) == [])
    }

    @Test func `refuses in an order of Klarna Checkout what the document refuses`() throws {
        let merchant = Merchant()
        let checkout = try KlarnaDocument(.checkout)
        let body = try JSON.parse(everything)
        #expect(try checkout.requestFaults("POST", "/checkout/v3/orders", body: body) == [])
        #expect(merchant.call("POST", "/checkout/v3/orders", body).status == 201)
        let spoilt = try checkout.spoilt("POST", "/checkout/v3/orders", body: body)
        #expect(spoilt.count > 300)
        for change in spoilt {
            #expect(merchant.call("POST", "/checkout/v3/orders", body.spoilt(change)).status == 400, "\(change)")
        }
    }

    @Test func `asks the shop for its consent by the document`() throws {
        let merchant = Merchant()
        let document = try KlarnaDocument(.checkoutCallbacks)
        let order = JSON.checkout.with("merchant_urls.validation", "https://shop.example/v")
        let created = merchant.call("POST", "/checkout/v3/orders", order)
        let url = try #require(created.fields["Location"])
        let hosted = merchant.call("POST", "/hpp/v1/sessions", ["payment_session_url": .string(url)])
        let page = try #require(hosted.json["session_id"]?.string)
        let asked = merchant.world.validation(onHPPSession: page, at: merchant.now)
        let validation = try #require(asked)
        let faults = try document.requestFaults(
            "POST",
            "/merchant_urls.validation",
            body: validation.callback.body,
        )
        // Those that Klarna sets are for reading only in the document, which knows no other direction.
        #expect(faults.filter { !$0.contains("read") } == [])
    }
}

extension KlarnaDocument {
    fileprivate func faults(_ method: String, _ path: String, _ answer: KlarnaAnswer) throws -> [String] {
        try responseFaults(method, path, status: answer.status, body: answer.json)
    }
}

extension JSON {
    fileprivate func spoilt(_ change: (pointer: String, value: JSON)) -> JSON {
        with(change.pointer.split(separator: "/").joined(separator: "."), change.value)
    }
}

/// An order with every member that the sandbox looks at.
private let everything = """
    {
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "order_amount": 25000, "order_tax_amount": 5000,
        "order_lines": [{
            "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "quantity_unit": "pcs",
            "unit_price": 12500, "tax_rate": 2500, "total_amount": 25000, "total_discount_amount": 0,
            "total_tax_amount": 5000, "merchant_data": "m", "product_url": "https://shop.example/p",
            "image_url": "https://shop.example/i",
            "product_identifiers": {
                "brand": "b", "category_path": "c", "global_trade_item_number": "g", "manufacturer_part_number": "m",
                "color": "c", "size": "s"
            },
            "subscription": {"name": "s", "interval": "MONTH", "interval_count": 1},
            "shipping_attributes": {
                "weight": 1, "dimensions": {"height": 1, "width": 1, "length": 1}, "tags": ["x"]
            }
        }],
        "merchant_urls": {
            "terms": "https://shop.example/t", "checkout": "https://shop.example/c",
            "confirmation": "https://shop.example/d", "push": "https://shop.example/p",
            "validation": "https://shop.example/v", "notification": "https://shop.example/n",
            "cancellation_terms": "https://shop.example/x", "shipping_option_update": "https://shop.example/s",
            "address_update": "https://shop.example/a", "country_change": "https://shop.example/y"
        },
        "billing_address": {
            "given_name": "Test", "family_name": "Person-se", "email": "customer@email.se", "title": "Mr",
            "street_address": "s", "street_address2": "s", "street_name": "s", "street_number": "1",
            "house_extension": "B", "postal_code": "11148", "city": "Stockholm", "region": "r",
            "phone": "+46701740615", "country": "SE", "care_of": "x"
        },
        "shipping_address": {"given_name": "Test", "country": "SE"},
        "customer": {
            "type": "person", "gender": "male", "date_of_birth": "1941-03-21", "organization_registration_id": "1",
            "vat_id": "1"
        },
        "merchant_reference1": "order-1001", "merchant_reference2": "cart-7", "merchant_data": "{}",
        "attachment": {"content_type": "application/vnd.klarna.internal.emd-v2+json", "body": "{}"},
        "options": {
            "require_validate_callback_success": false, "acquiring_channel": "ECOMMERCE", "vat_removed": false,
            "allow_separate_shipping_address": false, "color_button": "#FF9900", "color_button_text": "#FF9900",
            "color_checkbox": "#FF9900", "color_checkbox_checkmark": "#FF9900", "color_header": "#FF9900",
            "color_link": "#FF9900", "date_of_birth_mandatory": false, "shipping_details": "d",
            "title_mandatory": false, "national_identification_number_mandatory": false,
            "additional_merchant_terms": "t", "phone_mandatory": false, "radius_border": "5",
            "allowed_customer_types": ["person"], "show_subtotal_detail": true,
            "verify_national_identification_number": false, "auto_capture": false, "require_client_validation": false,
            "enable_discount_module": false, "show_vat_registration_number_field": false,
            "additional_checkbox": {"text": "t", "checked": false, "required": false},
            "additional_checkboxes": [{"id": "1", "text": "t", "checked": false, "required": false}]
        },
        "external_payment_methods": [{
            "name": "Cash", "redirect_url": "https://shop.example/cash", "fee": 0, "description": "d",
            "countries": ["SE"], "label": "continue", "image_url": "https://shop.example/i"
        }],
        "external_checkouts": [{"name": "Other", "redirect_url": "https://shop.example/other"}],
        "shipping_countries": ["SE"], "billing_countries": ["SE"], "tags": ["x"], "recurring": false,
        "shipping_options": [{
            "id": "post", "name": "Post", "price": 0, "tax_amount": 0, "tax_rate": 0, "preselected": true,
            "description": "d", "promo": "p", "shipping_method": "Postal", "tms_reference": "t"
        }],
        "selected_shipping_option": {"id": "post", "name": "Post", "price": 0, "tax_amount": 0, "tax_rate": 0},
        "gui": {"options": ["disable_autofocus"]},
        "discount_lines": [{
            "name": "Winter", "reference": "W", "quantity": 1, "unit_price": 0, "tax_rate": 0, "total_amount": 0,
            "total_tax_amount": 0, "merchant_data": "m"
        }]
    }
    """

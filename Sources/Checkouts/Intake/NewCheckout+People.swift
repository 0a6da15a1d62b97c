internal import Klarna
internal import Wire

extension NewCheckout {
    /// Who buys, as far as it is known in advance.
    struct People {
        let billing: Address?
        let shipping: Address?
        let customer: JSONObject?
        let warnings: [Fault]
    }

    static func people(_ reader: inout ObjectReader) -> People {
        var warnings: [Fault] = []
        let billing = address("billing_address", &reader, &warnings)
        let shipping = address("shipping_address", &reader, &warnings)
        return People(billing: billing, shipping: shipping, customer: customer(&reader), warnings: warnings)
    }

    /// An address that is known in advance, for the hosted page to show it filled in; `nil` when nothing is said.
    ///
    /// Names, e-mail and phone may stand alone: Klarna asks the shopper for what it needs. A postal address that is
    /// begun and not complete is worth less than none, since shoppers get stuck at it: such a block is left out as a
    /// whole, with a warning.
    private static func address(_ name: String, _ reader: inout ObjectReader, _ warnings: inout [Fault]) -> Address? {
        guard let address = reader.object(name, { readAddress(&$0) }), address != Address() else { return nil }
        let missing = address.missingParts
        guard address.isPostal, !missing.isEmpty else { return address }
        let reason = "was left out, because a postal address is not sent without \(missing.joined(separator: ", "))"
        warnings.append(Fault(reader.place(name), reason))
        return nil
    }

    /// The members of an address. `clearing` keeps empty texts, with which Order Management takes a member away.
    static func readAddress(_ reader: inout ObjectReader, clearing: Bool = false) -> Address {
        var address = Address()
        address.givenName = personName("given_name", &reader)
        address.familyName = personName("family_name", &reader)
        address.email = email(&reader)
        address.title = reader.text("title", 0...20)
        address.phone = phone(&reader)
        address.streetAddress = filled("street_address", 99, &reader)
        address.streetAddress2 = reader.text("street_address2", 0...99)
        address.postalCode = filled("postal_code", 10, &reader)
        address.city = filled("city", 99, &reader)
        address.region = reader.text("region", 0...99)
        address.country = country(&reader)
        address.organizationName = reader.text("organization_name", 0...99)
        address.attention = reader.text("attention", 0...99)
        guard !clearing else { return address }
        for member in [\Address.title, \.streetAddress2, \.region, \.organizationName, \.attention]
        where address[keyPath: member]?.isEmpty == true { address[keyPath: member] = nil }
        return address
    }

    private static func phone(_ reader: inout ObjectReader) -> String? {
        guard let value = filled("phone", 99, &reader, .anything) else { return nil }
        guard value.contains(where: \.isNumber), !value.contains("@") else {
            return reader.fault("phone", "must be a telephone number")
        }
        return value
    }

    /// What Klarna may know of the shopper in advance; `nil` when nothing is said.
    private static func customer(_ reader: inout ObjectReader) -> JSONObject? {
        let customer = reader.object("customer") { reader in
            var customer = JSONObject()
            customer["date_of_birth"] = birthday(&reader).map { .string($0) }
            customer["gender"] = reader.choice("gender", ["male", "female"]).map { .string($0) }
            customer["title"] = filled("title", 20, &reader).map { .string($0) }
            customer["type"] = reader.choice("type", ["person", "organization"]).map { .string($0) }
            customer["last_four_ssn"] = socialSecurityNumber(&reader).map { .string($0) }
            for name in ["national_identification_number", "organization_registration_id"] {
                customer[name] = filled(name, 255, &reader, .anything).map { .string($0) }
            }
            let entity = reader.choice("organization_entity_type", organizationEntityTypes)
            customer["organization_entity_type"] = entity.map { .string($0) }
            customer["vat_id"] = filled("vat_id", 255, &reader, .anything).map { .string($0) }
            return customer
        }
        return customer.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Klarna Payments v1, `customer.organization_entity_type`.
    private static let organizationEntityTypes = [
        "LIMITED_COMPANY", "PUBLIC_LIMITED_COMPANY", "ENTREPRENEURIAL_COMPANY", "LIMITED_PARTNERSHIP_LIMITED_COMPANY",
        "LIMITED_PARTNERSHIP", "GENERAL_PARTNERSHIP", "REGISTERED_SOLE_TRADER", "SOLE_TRADER", "CIVIL_LAW_PARTNERSHIP",
        "PUBLIC_INSTITUTION", "OTHER",
    ]

    /// A text that counts as missing when it is empty.
    private static func filled(
        _ name: String,
        _ lengthMax: Int,
        _ reader: inout ObjectReader,
        _ rule: ObjectReader.TextRule = .words,
    ) -> String? {
        reader.text(name, 0...lengthMax, rule).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func personName(_ name: String, _ reader: inout ObjectReader) -> String? {
        guard let value = filled(name, 99, &reader) else { return nil }
        guard value.unicodeScalars.count > 1, !value.unicodeScalars.allSatisfy({ "0"..."9" ~= $0 }) else {
            return reader.fault(name, "must have more than one character and not only digits")
        }
        return value
    }

    static func email(_ reader: inout ObjectReader) -> String? {
        guard let value = filled("email", 99, &reader, .anything) else { return nil }
        guard let at = value.lastIndex(of: "@"), at != value.startIndex, value.index(after: at) != value.endIndex,
            !value.contains(" ")
        else { return reader.fault("email", "must be an e-mail address") }
        return value
    }

    static func country(_ reader: inout ObjectReader, _ name: String = "country") -> String? {
        guard let value = filled(name, 255, &reader) else { return nil }
        guard value.utf8.count == 2, value.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 })
        else {
            return reader.fault(name, "must be a country code of two letters (ISO 3166-1)")
        }
        return value.uppercased()
    }

    private static func birthday(_ reader: inout ObjectReader) -> String? {
        guard let value = filled("date_of_birth", 255, &reader) else { return nil }
        guard value.utf8.count == 10, Timestamp("\(value)T00:00:00Z") != nil else {
            return reader.fault("date_of_birth", "must be a date such as 1980-12-31")
        }
        return value
    }

    private static func socialSecurityNumber(_ reader: inout ObjectReader) -> String? {
        guard let value = filled("last_four_ssn", 255, &reader, .anything) else { return nil }
        guard [4, 9].contains(value.utf8.count), value.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return reader.fault("last_four_ssn", "must be 4 or 9 digits") }
        return value
    }
}

extension Address {
    /// Whether a place is named in it, not only a person and a country.
    var isPostal: Bool {
        [streetAddress, streetAddress2, postalCode, city, region].contains { $0?.isEmpty == false }
    }

    /// What a letter could not be sent without. Ireland does without postal codes; the United States and Australia do
    /// not without a region.
    var missingParts: [String] {
        let parts = [
            ("street_address", streetAddress, true), ("postal_code", postalCode, country != "IE"),
            ("city", city, true),
            ("region", region, country == "US" || country == "AU"), ("country", country, true),
        ]
        return parts.compactMap { name, value, isNeeded in isNeeded && value?.isEmpty != false ? name : nil }
    }
}

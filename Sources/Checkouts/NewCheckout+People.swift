internal import Klarna
internal import Wire

extension NewCheckout {
    /// An address that is known in advance. An empty one counts as missing: Klarna asks the shopper for what it needs.
    static func address(_ name: String, _ reader: inout ObjectReader) -> Address? {
        reader.object(name) { reader -> Address? in
            var address = Address()
            address.givenName = personName("given_name", &reader)
            address.familyName = personName("family_name", &reader)
            address.email = email(&reader)
            address.title = filled("title", 20, &reader)
            address.phone = filled("phone", 99, &reader, .anything)
            address.streetAddress = filled("street_address", 99, &reader)
            address.streetAddress2 = filled("street_address2", 99, &reader)
            address.postalCode = filled("postal_code", 10, &reader)
            address.city = filled("city", 99, &reader)
            address.region = filled("region", 99, &reader)
            address.country = country(&reader)
            address.organizationName = filled("organization_name", 99, &reader)
            address.attention = filled("attention", 99, &reader)
            return address == Address() ? nil : address
        } ?? nil
    }

    /// What Klarna may know of the shopper in advance; `nil` when nothing is said.
    static func customer(_ reader: inout ObjectReader) -> JSONObject? {
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

    private static func email(_ reader: inout ObjectReader) -> String? {
        guard let value = filled("email", 99, &reader, .anything) else { return nil }
        guard let at = value.lastIndex(of: "@"), at != value.startIndex, value.index(after: at) != value.endIndex,
            !value.contains(" ")
        else { return reader.fault("email", "must be an e-mail address") }
        return value
    }

    private static func country(_ reader: inout ObjectReader) -> String? {
        guard let value = filled("country", 255, &reader) else { return nil }
        guard value.utf8.count == 2, value.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 })
        else {
            return reader.fault("country", "must be a country code of two letters (ISO 3166-1)")
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

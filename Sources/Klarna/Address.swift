public import Wire

/// A billing or shipping address, as far as it is known. Klarna Payments v1, `address`.
public struct Address: Sendable, Hashable {
    public var givenName: String?
    public var familyName: String?
    public var email: String?
    public var title: String?
    public var phone: String?
    public var streetAddress: String?
    public var streetAddress2: String?
    public var postalCode: String?
    public var city: String?
    public var region: String?
    /// ISO 3166-1 alpha-2.
    public var country: String?
    public var organizationName: String?
    public var attention: String?

    public init(
        givenName: String? = nil,
        familyName: String? = nil,
        email: String? = nil,
        title: String? = nil,
        phone: String? = nil,
        streetAddress: String? = nil,
        streetAddress2: String? = nil,
        postalCode: String? = nil,
        city: String? = nil,
        region: String? = nil,
        country: String? = nil,
        organizationName: String? = nil,
        attention: String? = nil,
    ) {
        self.givenName = givenName
        self.familyName = familyName
        self.email = email
        self.title = title
        self.phone = phone
        self.streetAddress = streetAddress
        self.streetAddress2 = streetAddress2
        self.postalCode = postalCode
        self.city = city
        self.region = region
        self.country = country
        self.organizationName = organizationName
        self.attention = attention
    }
}

extension Address {
    public var json: JSON {
        var json = JSONObject()
        json.set("given_name", givenName)
        json.set("family_name", familyName)
        json.set("email", email)
        json.set("title", title)
        json.set("phone", phone)
        json.set("street_address", streetAddress)
        json.set("street_address2", streetAddress2)
        json.set("postal_code", postalCode)
        json.set("city", city)
        json.set("region", region)
        json.set("country", country)
        json.set("organization_name", organizationName)
        json.set("attention", attention)
        return .object(json)
    }

    /// `nil` when it is no object.
    public init?(json: JSON) {
        guard json.object != nil else { return nil }
        self.init(
            givenName: json["given_name"]?.string,
            familyName: json["family_name"]?.string,
            email: json["email"]?.string,
            title: json["title"]?.string,
            phone: json["phone"]?.string,
            streetAddress: json["street_address"]?.string,
            streetAddress2: json["street_address2"]?.string,
            postalCode: json["postal_code"]?.string,
            city: json["city"]?.string,
            region: json["region"]?.string,
            country: json["country"]?.string,
            organizationName: json["organization_name"]?.string,
            attention: json["attention"]?.string,
        )
    }
}

/// What the keys of an account's hosted page may hold. The limits are those of a checkout's own `page`.
extension Kind<String> {
    /// One of some words in either case, as it is listed.
    static func word(_ words: [String]) -> Kind {
        Kind(expected: words.joined(separator: " or ")) { text in words.first { $0 == text.uppercased() } }
    }

    static let title = Kind(expected: "text of up to 255 characters without control characters") { text in
        text.unicodeScalars.count <= 255 ? Kind.text.parse(text) : nil
    }

    static let uuid = Kind(expected: "a UUID such as 6f1bd1a0-5a3c-4b8e-9d57-2f3e9a7c4b10") { text in
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        let isUUID = groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.joined().utf8.allSatisfy { isHexDigit($0) }
        return isUUID ? text : nil
    }

    /// Klarna's page is https, and browsers show nothing else on it.
    static let image = Kind(expected: "an absolute https URL without a user name") { text in
        guard let url = Link(text), url.isHTTPS else { return nil }
        return text
    }

    /// A page of the merchant's. Klarna puts the order's id where a placeholder for it stands.
    static let merchantPage = Kind(
        expected: "an absolute https URL without a user name (http only for a loopback host)"
    ) { text in
        guard let url = Link(text.replacing("{checkout.order.id}", with: "")), url.isConfidential else { return nil }
        return text
    }
}

extension Kind<[String]> {
    static let countries = Kind(expected: "a list of two-letter country codes such as SE,NO,DE", isList: true) {
        codes(ofLength: 2, in: $0)
    }

    static let currencies = Kind(expected: "a list of three-letter currency codes such as SEK,NOK", isList: true) {
        codes(ofLength: 3, in: $0)
    }

    static func words(_ words: [String]) -> Kind {
        Kind(expected: "a list of \(words.joined(separator: " or "))", isList: true) { text in
            let items = items(of: text)
            let known = items.compactMap(Kind<String>.word(words).parse)
            return known.count == items.count && Set(known).count == known.count ? known : nil
        }
    }

    private static func codes(ofLength length: Int, in text: String) -> [String]? {
        let codes = items(of: text).map { $0.uppercased() }
        let areWell = codes.allSatisfy { code in
            code.utf8.count == length && code.utf8.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }
        }
        return areWell && Set(codes).count == codes.count ? codes : nil
    }
}

extension Kind<[SizedImage]> {
    static let sizedImages = Kind(
        expected: "a list of up to 20 https URLs, each followed by a blank and its width in pixels",
        isList: true,
    ) { text in
        let items = items(of: text)
        let images = items.compactMap { item -> SizedImage? in
            let parts = item.split(separator: " ")
            guard parts.count == 2, let url = Kind<String>.image.parse(String(parts[0])),
                let width = Kind<Int>.integer(1...100_000).parse(String(parts[1]))
            else { return nil }
            return SizedImage(url: url, width: width)
        }
        return images.count == items.count && images.count <= 20 ? images : nil
    }
}

/// What stands between the commas, without blanks around it.
private func items(of text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingBlanks() }
}

/// An absolute URL of which only the host matters here.
private struct Link {
    let isHTTPS: Bool
    let isConfidential: Bool

    private static let lengthMax = 2000

    init?(_ text: String) {
        guard text.utf8.count <= Link.lengthMax,
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !#""<>\^`{|}"#.utf8.contains($0) }),
            let base = WebURL(String(text.prefix { $0 != "?" && $0 != "#" }))
        else { return nil }
        isHTTPS = base.scheme == "https"
        isConfidential = base.isConfidential
    }
}

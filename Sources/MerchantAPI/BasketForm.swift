internal import HTTPMessage
internal import Wire

/// A form's basket as the JSON that says the same.
enum BasketForm {
    /// Takes `items[N][reference]` and `items[N][quantity]` in the order of N and lets every other field be. No
    /// quantity is a quantity of 0, as an untouched form sends it.
    static func json(_ fields: FormFields) -> JSON {
        var items: [Int: JSONObject] = [:]
        for (name, value) in fields.pairs {
            guard let (index, member) = item(name) else { continue }
            items[index, default: ["quantity": 0]][member] = member == "quantity" ? quantity(value) : .string(value)
        }
        let meant = items.filter { $0.value["reference"] != nil || $0.value["quantity"] != 0 }
        return ["items": .array(meant.sorted { $0.key < $1.key }.map { .object($0.value) })]
    }

    /// `items[3][quantity]` is member `quantity` of item 3.
    private static func item(_ name: String) -> (index: Int, member: String)? {
        guard name.hasPrefix("items["), name.hasSuffix("]") else { return nil }
        let inner = name.dropFirst("items[".count).dropLast()
        guard let bracket = inner.firstIndex(of: "]"), let index = Int(inner[..<bracket]), (0..<1000).contains(index)
        else { return nil }
        switch inner[bracket...] {
        case "][reference": return (index, "reference")
        case "][quantity": return (index, "quantity")
        case _: return nil
        }
    }

    /// What is no whole number is refused as such where baskets are priced.
    private static func quantity(_ text: String) -> JSON {
        if text.isEmpty { return 0 }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return isNumber ? Int64(text).map { .integer($0) } ?? .number(text) : .number(text)
    }
}

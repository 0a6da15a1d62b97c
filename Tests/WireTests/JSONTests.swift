import Testing
import Wire

@Suite("JSON")
struct JSONTests {
    @Test(
        arguments: [
            ("null", JSON.null), ("true", true), (" false ", false), ("0", 0), ("-1", -1),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number("9223372036854775808")),
            ("12.50", .number("12.50")), ("1234.0", .number("1234.0")), ("1e3", .number("1e3")), ("-0", .number("-0")),
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""é😀""#, "é😀"),
            ("\"å\"", "å"), ("[]", []), ("[1,[2]]", [1, [2]]), ("{}", [:]),
            (#"{"b":1,"a":{"c":null}}"#, ["b": 1, "a": ["c": .null]]),
        ] as [(String, JSON)]
    )
    func `reads what RFC 8259 allows`(text: String, value: JSON) throws {
        #expect(try JSON.parse(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "--1", "[1,]", "[,1]", "[1 2]", "{,}",
        #"{"a"}"#,
        #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":1,"a":2}"#, "[", "{", #"""#, #""\x""#, #""\u12""#, #""\ud800""#,
        #""\ud800A""#, "\"\u{1}\"", "1 2", "[1]]", "NaN", "'a'", "// x\n1",
    ])
    func `refuses what RFC 8259 does not allow, and members that stand twice`(text: String) {
        #expect(throws: JSON.ParseError.self) { try JSON.parse(text) }
    }

    @Test func `refuses bytes that are not UTF-8`() {
        for bytes: [UInt8] in [[34, 0xFF, 34], [34, 0xC3, 34], [34, 0xED, 0xA0, 0x80, 34]] {
            #expect(throws: JSON.ParseError.self) { try JSON.parse(bytes) }
        }
    }

    @Test func `refuses deeper nesting than asked for, and says where`() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(throws: Never.self) { try JSON.parse(nested(JSON.depthMax)) }
        let error = #expect(throws: JSON.ParseError.self) { try JSON.parse(nested(JSON.depthMax + 1)) }
        #expect(error?.offset == JSON.depthMax)
    }

    @Test func `fails at every cut of a text instead of trapping`() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00"],"b":{"c":true,"d":null}}"#.utf8)
        _ = try JSON.parse(text)
        for cut in 0..<text.count {
            #expect(throws: JSON.ParseError.self) { try JSON.parse(Array(text[..<cut])) }
        }
    }

    @Test(arguments: [#"{"b":1,"a":[true,null,"x\n\"\\\u0001é"],"n":12.50}"#, "[]", #""""#, "-7"])
    func `writes what it read, in the same order`(text: String) throws {
        #expect(try JSON.parse(text).text == text)
    }

    @Test func `replaces, adds and removes members in place`() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        #expect(JSON.object(object).text == #"{"a":3,"c":4}"#)
    }
}

import HTTPMessage
import HTTPTypes
import Testing

@Suite("Field values")
struct FieldValueTests {
    static let now = HTTPDate(unixSeconds: 1_795_000_000)

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func `a date is written and read back`(_ seconds: Int, _ text: String) {
        #expect(HTTPDate(unixSeconds: seconds).description == text)
        #expect(HTTPDate(text, now: Self.now)?.unixSeconds == seconds)
    }

    @Test func `every day of a leap century is written and read back`() {
        for day in stride(from: -25_567, to: 50_000, by: 1) {
            let date = HTTPDate(unixSeconds: day * 86_400 + 86_399)
            #expect(HTTPDate(date.description, now: Self.now) == date)
        }
    }

    @Test(arguments: ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func `the two old forms of a date are read`(_ text: String) {
        #expect(HTTPDate(text, now: Self.now)?.unixSeconds == 784_111_777)
    }

    @Test(arguments: [
        "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Xxx Nov  6 08:49:37 1994",
    ])
    func `what is no date is not read as one`(_ text: String) {
        #expect(HTTPDate(text, now: Self.now) == nil)
    }

    @Test(
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-0", .part(0..<1)), ("bytes=2-5", .part(2..<6)),
            ("bytes=5-", .part(5..<10)),
            ("bytes=5-99", .part(5..<10)), ("bytes=-3", .part(7..<10)), ("bytes=-99", .part(0..<10)),
            ("Bytes=0-1", .part(0..<2)),
            ("bytes=10-", .unsatisfiable), ("bytes=10-12", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=0-99999999999999999999", .part(0..<10)),
            ("bytes=5-2", .whole), ("bytes=-", .whole), ("bytes=", .whole), ("bytes=a-b", .whole),
            ("bytes=0-1,3-4", .whole),
            ("items=0-1", .whole), ("bytes 0-1", .whole), ("bytes=--1", .whole), ("bytes=+1-2", .whole),
            ("bytes=1", .whole),
        ] as [(String?, ByteRange)]
    )
    func `a range is read against ten bytes`(_ field: String?, _ range: ByteRange) {
        #expect(ByteRange(field, length: 10) == range)
    }

    @Test func `nothing has no part`() {
        #expect(ByteRange("bytes=0-", length: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", length: 0) == .unsatisfiable)
    }

    static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let same = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test(
        arguments: [
            ([:], .proceed),
            ([.ifNoneMatch: #""v1""#], .notModified),
            ([.ifNoneMatch: #"W/"v1""#], .notModified),
            ([.ifNoneMatch: #""a, b" , "v1""#], .notModified),
            ([.ifNoneMatch: "*"], .notModified),
            ([.ifNoneMatch: #""v2""#], .proceed),
            ([.ifNoneMatch: "v1"], .proceed),
            ([.ifNoneMatch: #""v1"#], .proceed),
            ([.ifNoneMatch: #""v2""#, .ifModifiedSince: same], .proceed),
            ([.ifModifiedSince: same], .notModified),
            ([.ifModifiedSince: before], .proceed),
            ([.ifModifiedSince: "once"], .proceed),
            ([.ifMatch: #""v1""#], .proceed),
            ([.ifMatch: "*"], .proceed),
            ([.ifMatch: #"W/"v1""#], .failed),
            ([.ifMatch: #""v2""#], .failed),
            ([.ifUnmodifiedSince: same], .proceed),
            ([.ifUnmodifiedSince: before], .failed),
            ([.ifMatch: #""v1""#, .ifUnmodifiedSince: before], .proceed),
            ([.ifMatch: #""v1""#, .ifNoneMatch: #""v1""#], .notModified),
        ] as [(HTTPFields, PreconditionOutcome)]
    )
    func `conditions are judged in the order of RFC 9110`(_ fields: HTTPFields, _ outcome: PreconditionOutcome) {
        let request = Request(method: .get, path: "/", fields: fields)
        #expect(Self.validators.outcome(for: request, now: Self.now) == outcome)
    }

    @Test(
        arguments: [
            (nil, true), (#""v1""#, true), (#""v2""#, false), (#"W/"v1""#, false), (same, true), (before, false),
            ("x", false),
        ] as [(String?, Bool)]
    )
    func `a range needs the same version`(_ condition: String?, _ isAllowed: Bool) {
        let fields: HTTPFields = condition.map { [.ifRange: $0] } ?? [:]
        let request = Request(method: .get, path: "/", fields: fields)
        #expect(Self.validators.allowsRange(for: request, now: Self.now) == isAllowed)
    }

    static let validators = Validators(
        entityTag: EntityTag(opaque: "v1"),
        lastModified: HTTPDate(unixSeconds: 784_111_777),
    )
}

@Suite("Forms and percent-encoding")
struct FormTests {
    @Test func `a form keeps its order and the first of a name counts`() throws {
        let form = try #require(FormFields(parsing: "a=1&b=two+words%21&a=3&&flag&=x&e=%C3%A9&q=a=b"))
        #expect(form.pairs.map(\.name) == ["a", "b", "a", "flag", "", "e", "q"])
        #expect(form.pairs.map(\.value) == ["1", "two words!", "3", "", "x", "\u{e9}", "a=b"])
        #expect(form["a"] == "1")
        #expect(form["none"] == nil)
    }

    @Test(arguments: ["a=%", "a=%2", "a=%zz", "%ff=a", "a=%C3", "a=%+1"])
    func `a form with a broken escape or without UTF-8 is refused`(_ text: String) {
        #expect(FormFields(parsing: text) == nil)
    }

    @Test func `an empty form is a form`() {
        #expect(FormFields(parsing: "")?.pairs.isEmpty == true)
    }

    @Test func `text survives its encoding`() {
        let text = "a b/ä?&=%+~.-_\u{1F600}\n"
        #expect(PercentEncoding.encode("a b/") == "a%20b%2F")
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        #expect(PercentEncoding.decode("%") == nil)
        #expect(PercentEncoding.decode("a+b") == "a+b")
        #expect(PercentEncoding.decode("%ff") == nil)
    }
}

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

import Testing
import Wire

@Suite("A timestamp")
struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2025-03-04T09:25:47.256Z", 1_741_080_347_256),
            ("2000-02-29T23:59:59.9Z", 951_868_799_900),
            ("2025-03-04T10:25:47.256789+01:00", 1_741_080_347_256), ("1969-12-31T23:59:59.999Z", -1),
            ("2025-03-04t09:25:47z", 1_741_080_347_000), ("2024-12-31T20:00:00-04:00", 1_735_689_600_000),
        ] as [(String, Int64)]
    )
    func `reads RFC 3339 with and without decimals and offsets`(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2025-03-04", "2025-03-04T09:25:47", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z",
        "2025-01-32T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z", "2025-01-01 00:00:00Z",
        "2025-01-01T00:00:00.Z",
        "2025-01-01T00:00:00+0100", "2025-01-01T00:00:00Zx", "20x5-01-01T00:00:00Z",
    ])
    func `refuses what is not a time`(text: String) { #expect(Timestamp(text) == nil) }

    @Test(arguments: [0, -1, 951_868_799_900, 1_741_080_347_256, 4_102_444_800_000, -62_135_596_800_000] as [Int64])
    func `writes what it reads`(milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(Timestamp(time.description) == time)
    }

    @Test func `is written in UTC with milliseconds`() {
        #expect(Timestamp(milliseconds: 1_741_080_347_006).description == "2025-03-04T09:25:47.006Z")
        #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
    }

    @Test func `moves by durations`() {
        let time = Timestamp(milliseconds: 1000)
        #expect(time + .seconds(2) - time == .seconds(2))
        #expect((time - .milliseconds(1500)).milliseconds == -500)
    }
}

@Suite("Base64URL")
struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
        ("\u{3ff}\u{3ff}>?", "z7_Pvz4_"),
    ])
    func `is RFC 4648 without padding`(text: String, encoded: String) {
        #expect(Base64URL.encode(Array(text.utf8)) == encoded)
    }
}

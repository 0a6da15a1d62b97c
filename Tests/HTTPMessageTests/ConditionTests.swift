import HTTPMessage
import HTTPTypes
import Testing

@Suite("Conditions")
struct ConditionTests {
    static let now = HTTPDate(unixSeconds: 1_795_000_000)
    static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let after = "Sun, 06 Nov 1994 08:49:38 GMT"
    static let validators = Validators(
        entityTag: EntityTag(opaque: "v1"),
        lastModified: HTTPDate(unixSeconds: 784_111_777),
    )

    private static func outcome(_ fields: HTTPFields) -> PreconditionOutcome {
        validators.outcome(for: Request(method: .get, path: "/", fields: fields), now: now)
    }

    /// Lists of tags for a representation whose tag is `"v1"`: whether they name it if weak tags count, and if not.
    static let tags: [(text: String, weakly: Bool, strongly: Bool)] = [
        (#""v1""#, true, true), ("*", true, true), (" * ", true, true), (#"W/"v1""#, true, false),
        (#""v2""#, false, false), (#""v2", "v1""#, true, true), (#""v2","v1""#, true, true),
        (", ,\"v2\",,\t\"v1\",", true, true), (#""a, b" , "v1""#, true, true), (#""v1" , W/"x""#, true, true),
        (#"W/"v2", W/"v1""#, true, false), (#"W/"v1", "v1""#, true, true),
        (#""V1""#, false, false), ("v1", false, false), (#""v1"#, false, false), (#"v1""#, false, false),
        (#"w/"v1""#, false, false), ("", false, false), (",", false, false), (#""""#, false, false),
        (#""v1-gzip""#, false, false), (#""*""#, false, false), (#""a, "v1""#, false, false),
    ]

    @Test(arguments: tags)
    func `an entity tag is found in a list, weakly or strongly`(_ text: String, _ weakly: Bool, _ strongly: Bool) {
        #expect(Self.outcome([.ifNoneMatch: text]) == (weakly ? .notModified : .proceed))
        #expect(Self.outcome([.ifMatch: text]) == (strongly ? .proceed : .failed))
    }

    /// Dates for a representation from second 37; nil for those that are none and so no condition.
    static let dates: [(text: String, second: Int?)] = [
        (before, 36), (same, 37), (after, 38),
        ("Sunday, 06-Nov-94 08:49:36 GMT", 36), ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:36 1994", 36), ("Sun Nov  6 08:49:38 1994", 38),
        ("once", nil), ("", nil), ("784111777", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil),
        ("Sun, 6 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 GMT, \(before)", nil), (#""v1""#, nil),
    ]

    /// What RFC 9110 13.2.2 says, step by step.
    private static func reference(
        ifMatch: (text: String, weakly: Bool, strongly: Bool)?,
        ifUnmodifiedSince: (text: String, second: Int?)?,
        ifNoneMatch: (text: String, weakly: Bool, strongly: Bool)?,
        ifModifiedSince: (text: String, second: Int?)?,
    ) -> PreconditionOutcome {
        if let ifMatch {
            if !ifMatch.strongly { return .failed }
        } else if let second = ifUnmodifiedSince?.second, second < 37 {
            return .failed
        }
        if let ifNoneMatch {
            return ifNoneMatch.weakly ? .notModified : .proceed
        }
        if let second = ifModifiedSince?.second, second >= 37 { return .notModified }
        return .proceed
    }

    @Test func `are judged in the order of RFC 9110, in every combination`() {
        let tags = [nil] + [0, 1, 3, 4, 5, 13].map { Self.tags[$0] }
        let dates = [nil] + [0, 1, 2, 3, 6, 7].map { Self.dates[$0] }
        var outcomes: [PreconditionOutcome] = []
        for ifMatch in tags {
            for ifUnmodifiedSince in dates {
                for ifNoneMatch in tags {
                    for ifModifiedSince in dates {
                        var fields = HTTPFields()
                        fields[.ifMatch] = ifMatch?.text
                        fields[.ifUnmodifiedSince] = ifUnmodifiedSince?.text
                        fields[.ifNoneMatch] = ifNoneMatch?.text
                        fields[.ifModifiedSince] = ifModifiedSince?.text
                        let expected = Self.reference(
                            ifMatch: ifMatch,
                            ifUnmodifiedSince: ifUnmodifiedSince,
                            ifNoneMatch: ifNoneMatch,
                            ifModifiedSince: ifModifiedSince,
                        )
                        let outcome = Self.outcome(fields)
                        if outcome != expected { Issue.record("\(fields): \(outcome) and not \(expected)") }
                        outcomes.append(outcome)
                    }
                }
            }
        }
        for outcome in [PreconditionOutcome.proceed, .notModified, .failed] {
            #expect(outcomes.count { $0 == outcome } > 100)
        }
    }

    @Test func `on several lines are one list`() {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .ifNoneMatch, value: #""v0""#))
        fields.append(HTTPField(name: .ifNoneMatch, value: #""v1""#))
        #expect(Self.outcome(fields) == .notModified)
    }

    @Test(
        arguments: [
            (nil, true), (#""v1""#, true), (#""v2""#, false), (#"W/"v1""#, false), (#""v1", "v2""#, false),
            ("*", false),
            (same, true), ("Sunday, 06-Nov-94 08:49:37 GMT", true), ("Sun Nov  6 08:49:37 1994", true),
            (before, false), (after, false), ("x", false), ("", false),
        ] as [(String?, Bool)]
    )
    func `a range needs the same version`(_ condition: String?, _ isAllowed: Bool) {
        var fields = HTTPFields()
        fields[.ifRange] = condition
        let request = Request(method: .get, path: "/", fields: fields)
        #expect(Self.validators.allowsRange(for: request, now: Self.now) == isAllowed)
    }

    @Test func `the date does not tell codings from each other`() {
        let request = Request(method: .get, path: "/", fields: [.ifRange: Self.same])
        let date = Self.validators.lastModified
        let coded = Validators(entityTag: EntityTag(opaque: "v1"), lastModified: date, dateIsOfOne: false)
        #expect(!coded.allowsRange(for: request, now: Self.now))
    }

    @Test func `the date of this second does not make sure of a version`() {
        let request = Request(method: .get, path: "/", fields: [.ifRange: Self.same])
        #expect(!Self.validators.allowsRange(for: request, now: Self.validators.lastModified))
        #expect(Self.validators.allowsRange(for: request, now: HTTPDate(unixSeconds: 784_111_778)))
    }
}

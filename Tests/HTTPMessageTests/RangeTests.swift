import HTTPMessage
import Testing

@Suite("Byte ranges")
struct RangeTests {
    @Test(
        arguments: [
            (nil, .whole), ("bytes=0-0", .parts([0..<1])), ("bytes=2-5", .parts([2..<6])),
            ("bytes=5-", .parts([5..<10])), ("bytes=5-99", .parts([5..<10])), ("bytes=-3", .parts([7..<10])),
            ("bytes=-99", .parts([0..<10])), ("Bytes=0-1", .parts([0..<2])), ("bytes=0-9", .parts([0..<10])),
            ("bytes=10-", .unsatisfiable), ("bytes=10-12", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=0-99999999999999999999", .parts([0..<10])),
            ("bytes=9223372036854775807-9223372036854775807", .unsatisfiable),
            ("bytes=-9223372036854775808", .parts([0..<10])), ("bytes=0-9223372036854775807", .parts([0..<10])),
            ("bytes=5-2", .whole), ("bytes=-", .whole), ("bytes=", .whole), ("bytes=a-b", .whole), ("bytes", .whole),
            ("", .whole), ("=0-1", .whole), ("items=0-1", .whole), ("bytes 0-1", .whole), ("bytes=--1", .whole),
            ("bytes=+1-2", .whole), ("bytes=1", .whole), ("bytes=0x1-2", .whole), ("bytes=0-1-2", .whole),
            ("bytes=0 - 1", .whole), ("bytes=0-1;2-3", .whole), ("bytes==0-1", .whole), ("bytes =0-1", .whole),
            ("bytes=٠-١", .whole), ("bytes=,", .whole), ("bytes=, ,", .whole),
            ("bytes=0-1,", .parts([0..<2])), ("bytes= , 0-1 ,\t", .parts([0..<2])),
            ("bytes=0-1,a-b", .whole), ("bytes=0-1,5-2", .whole), ("bytes=0-1,bytes=3-4", .whole),
            ("bytes=10-,20-30", .unsatisfiable), ("bytes=10-,2-3", .parts([2..<4])),
        ] as [(String?, ByteRanges)]
    )
    func `are read against ten bytes`(_ field: String?, _ ranges: ByteRanges) {
        #expect(ByteRanges(field, length: 10, rangesMax: 16) == ranges)
    }

    @Test(
        arguments: [
            ("0-9,500-509", [0..<10, 500..<510]),
            ("500-509,0-9", [500..<510, 0..<10]),
            ("0-9,5-14", [0..<15]),
            ("0-9,10-19", [0..<20]),
            ("0-9,90-99", [0..<100]),
            ("0-9,91-99", [0..<10, 91..<100]),
            ("500-509,0-9,505-600", [500..<601, 0..<10]),
            ("0-9,500-509,300-309,10-499", [0..<510]),
            ("900-,0-9,-50", [900..<1000, 0..<10]),
            ("0-,0-,0-,0-", [0..<1000]),
            ("0-0,999-999", [0..<1, 999..<1000]),
            ("1000-,0-0,-0", [0..<1]),
        ] as [(String, [Range<Int>])]
    )
    func `that touch are sent as one, in the order they were asked for`(_ set: String, _ parts: [Range<Int>]) {
        #expect(ByteRanges("bytes=\(set)", length: 1000, rangesMax: 16) == .parts(parts))
    }

    @Test func `that are too many are not worth their parts`() {
        func asked(_ count: Int) -> String {
            "bytes=" + (0..<count).map { "\($0 * 1000)-\($0 * 1000)" }.joined(separator: ",")
        }
        let answer = ByteRanges(asked(16), length: 100_000, rangesMax: 16)
        #expect(answer == .parts((0..<16).map { $0 * 1000..<$0 * 1000 + 1 }))
        #expect(ByteRanges(asked(17), length: 100_000, rangesMax: 16) == .whole)
        #expect(ByteRanges(asked(1), length: 100_000, rangesMax: 0) == .whole)
        #expect(ByteRanges(asked(5000), length: 100_000, rangesMax: 16) == .whole)
    }

    /// RFC 9110 14.1.2: its last bytes are all that can be asked of it, and no `Content-Range` can say so.
    @Test(arguments: [("bytes=0-", ByteRanges.unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=-1", .whole)])
    func `of nothing`(_ field: String, _ ranges: ByteRanges) {
        #expect(ByteRanges(field, length: 0, rangesMax: 16) == ranges)
    }

    @Test func `are what a slower reading of the same rules says`() {
        var random = Numbers(state: 20)
        var satisfiable = 0
        for _ in 0..<2000 {
            let length = random.below(400)
            let specs = (0...random.below(5)).map { _ in random.spec(length) }
            let field = "bytes=" + specs.map(\.text).joined(separator: ",")
            let answer = ByteRanges(field, length: length, rangesMax: 4)
            #expect(answer == reference(specs, length: length, rangesMax: 4), "\(field) of \(length)")
            if case .parts = answer { satisfiable += 1 }
        }
        #expect(satisfiable > 200)
    }

    @Test func `are read out of any bytes without a trap`() {
        var random = Numbers(state: 21)
        let alphabet = Array("bytes=0123456789-,, \t\u{301}".unicodeScalars)
        for _ in 0..<5000 {
            var text = random.below(4) == 0 ? "" : "bytes="
            for _ in 0..<random.below(40) { text.unicodeScalars.append(alphabet[random.below(alphabet.count)]) }
            let length = random.below(3) == 0 ? Int.max : random.below(100)
            if case .parts(let parts) = ByteRanges(text, length: length, rangesMax: 8) {
                #expect(parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= length })
            }
        }
    }
}

/// One range as it was asked for.
private struct Spec {
    let first: Int?
    let last: Int?
    var text: String { "\(first.map(String.init) ?? "")-\(last.map(String.init) ?? "")" }

    /// The bytes it means, one by one; nil when it spoils the field.
    func positions(_ length: Int) -> Set<Int>? {
        switch (first, last) {
        case (nil, nil): nil
        case (let first?, nil): Set((0..<length).filter { $0 >= first })
        case (let first?, let last?): first > last ? nil : Set((0..<length).filter { $0 >= first && $0 <= last })
        case (nil, let count?): length == 0 && count > 0 ? nil : Set((0..<length).filter { length - $0 <= count })
        }
    }
}

/// Groups of bytes that hang together over gaps of at most 80 bytes, each where its first range was.
private func reference(_ specs: [Spec], length: Int, rangesMax: Int) -> ByteRanges {
    let sets = specs.map { $0.positions(length) }
    guard specs.count <= rangesMax, !sets.contains(nil) else { return .whole }
    var groups: [Set<Int>] = []
    for set in sets.compactMap(\.self) where !set.isEmpty {
        var joined = set
        var place = groups.count
        while let near = groups.firstIndex(where: { group in isNear(group, joined) }) {
            joined.formUnion(groups.remove(at: near))
            place = min(place, near)
        }
        groups.insert(joined, at: place)
    }
    let parts = groups.compactMap { group in group.min().map { $0..<(group.max() ?? $0) + 1 } }
    return parts.isEmpty ? .unsatisfiable : .parts(parts)
}

/// Whether at most 80 bytes lie between the two.
private func isNear(_ one: Set<Int>, _ other: Set<Int>) -> Bool {
    (0...81).contains { gap in one.contains { other.contains($0 + gap) || other.contains($0 - gap) } }
}

/// Numbers that look random and are the same each time.
private struct Numbers {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(bound, 1)
    }

    mutating func spec(_ length: Int) -> Spec {
        switch below(10) {
        case 0: Spec(first: nil, last: below(length + 20))
        case 1: Spec(first: below(length + 20), last: nil)
        case 2: below(4) == 0 ? Spec(first: nil, last: nil) : Spec(first: below(length + 9), last: below(length + 9))
        case _:
            {
                let first = below(length + 20)
                return Spec(first: first, last: first + below(60))
            }()
        }
    }
}

import Klarna
import Testing
import Wire

@Suite("Klarna's clock")
struct KlarnaClockTests {
    private let start = Timestamp("2025-03-04T09:15:31.400Z") ?? Timestamp(milliseconds: 0)

    @Test(arguments: [0, 1, 400, -400, 999, 61_000, -61_000, 7_200_000, -7_200_000, 7_199_650, -7_200_350])
    func `is learned to within a second by the first answer, and better by each other one`(milliseconds: Int64) {
        let skew = Duration.milliseconds(milliseconds)
        var clock = KlarnaClock()
        var errors: [Duration] = []
        var moved = Duration.zero
        for number in 0..<200 {
            let old = clock.skew
            clock.hear(number, skew: skew, from: start)
            let new = clock.skew ?? .seconds(86_400)
            errors.append(abs(new - skew))
            moved += abs(new - (old ?? new))
        }
        #expect(errors.allSatisfy { $0 <= .milliseconds(1000) })
        // It never goes back and forth: all its steps together are what it was wrong by at first, or less.
        #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(moved <= errors[0])
        #expect(errors[199] <= .milliseconds(100))
    }

    @Test(arguments: [3_600_000, -3_600_000, 2000, -2000])
    func `is followed when it is set`(milliseconds: Int64) {
        var clock = KlarnaClock()
        for number in 0..<50 { clock.hear(number, skew: .zero, from: start) }
        let skew = Duration.milliseconds(milliseconds)
        for number in 50..<100 {
            clock.hear(number, skew: skew, from: start)
            #expect(abs((clock.skew ?? .zero) - skew) <= .milliseconds(1000))
        }
    }

    @Test(arguments: [0.05, -0.05, 0.0005])
    func `is followed when it runs faster or slower`(rate: Double) {
        var clock = KlarnaClock()
        for number in 0..<2000 {
            let skew = Duration.milliseconds(Int64(Double(number) * 137 * rate))
            clock.hear(number, skew: skew, from: start)
            #expect(abs((clock.skew ?? .seconds(86_400)) - skew) <= .milliseconds(1200))
        }
    }

    @Test func `learns nothing from an answer that took longer than any call`() {
        var clock = KlarnaClock()
        clock.hear(start, sent: start, received: start + .milliseconds(100))
        let skew = clock.skew
        // The process stood still, or our clock was set forward: who knows.
        for wait in [60, 150, 7200] {
            clock.hear(start + .seconds(10), sent: start + .seconds(10), received: start + .seconds(10 + wait))
        }
        #expect(clock.skew == skew)
    }

    @Test func `is bounded the less the longer an answer takes`() {
        var clock = KlarnaClock()
        // Written at some time within half a minute: the middle is the best guess.
        clock.hear(start, sent: start, received: start + .seconds(30))
        #expect(clock.skew == .milliseconds(-14_500))
        clock.hear(start, sent: start - .milliseconds(100), received: start)
        #expect(clock.skew == .zero)
        // Says nothing new, and changes nothing.
        clock.hear(start + .seconds(100), sent: start + .seconds(90), received: start + .seconds(120))
        #expect(clock.skew == .zero)
    }

    @Test(arguments: ["1970-01-01T00:00:00Z", "2019-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    func `is not learned from a date that no clock shows`(date: String) throws {
        var clock = KlarnaClock()
        clock.hear(try #require(Timestamp(date)), sent: start, received: start)
        #expect(clock.skew == nil)
        clock.hear(start, sent: start, received: start)
        let skew = clock.skew
        clock.hear(try #require(Timestamp(date)), sent: start, received: start)
        #expect(skew != nil && clock.skew == skew)
    }
}

extension KlarnaClock {
    /// The numbered answer of a Klarna whose clock is ahead by that: sent every 137 ms, and back after 20 to 79.
    fileprivate mutating func hear(_ number: Int, skew: Duration, from start: Timestamp) {
        let sent = start + .milliseconds(number * 137)
        let received = sent + .milliseconds(20 + number * 7 % 60)
        let klarna = sent + .milliseconds(number * 7 % 20) + skew
        let date = Timestamp(milliseconds: klarna.milliseconds / 1000 * 1000)
        hear(date, sent: sent, received: received)
    }
}

private func abs(_ duration: Duration) -> Duration { max(duration, .zero - duration) }

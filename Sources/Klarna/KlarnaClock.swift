package import Wire

/// How far Klarna's clock is ahead of ours, learned from the `Date` of its answers.
///
/// A `Date` has whole seconds, rounded down, and was written at some instant between sending and receiving, so that each
/// answer bounds the difference on both sides. The estimate stays where it is while that agrees with what is heard, and
/// otherwise moves no further than it has to: it does not waver with the rounding, and no answer makes it worse.
package struct KlarnaClock: Sendable {
    /// Added to our time it gives Klarna's. `nil` until something was heard.
    package private(set) var skew: Duration?

    /// No call takes as long: our clock was set meanwhile, or the process stood still. Then nobody knows when the answer was
    /// written, and it says nothing.
    package static let callMax = Duration.seconds(60)

    package init() {}

    /// Hears the `Date` of an answer; a date of another century is no clock's.
    package mutating func hear(_ date: Timestamp, sent: Timestamp, received: Timestamp) {
        guard plausible.contains(date), sent <= received else { return }
        let least = date - received
        let most = date - sent + .milliseconds(999)
        guard received - sent < KlarnaClock.callMax else { return }
        let middle = Duration.milliseconds((least + most).milliseconds / 2)
        skew = min(max(skew ?? middle, least), most)
    }
}

/// 2020 to 2099.
private let plausible = Timestamp(milliseconds: 1_577_836_800_000)..<Timestamp(milliseconds: 4_102_444_800_000)

import Glibc

/// A point on the monotonic clock, in nanoseconds. Cheaper than `ContinuousClock.Instant`, which a loop would make for each event.
struct Moment: Comparable, Sendable {
    let nanoseconds: UInt64

    static let never = Moment(nanoseconds: .max)

    static var now: Moment {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// The second of the day's clock, since 1970.
    static var unixSeconds: Int { time(nil) }

    static func < (left: Moment, right: Moment) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Later by `duration`; a duration too long to count is ``never``.
    func advanced(by duration: Duration) -> Moment {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, seconds < 1_000_000_000 else { return seconds < 0 ? self : .never }
        return Moment(nanoseconds: nanoseconds + UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000))
    }

    /// Milliseconds from now on, rounded up so that a wait never ends too early; 0 when already past.
    func milliseconds(after now: Moment) -> Int32 {
        guard self > now else { return 0 }
        return Int32(min((nanoseconds - now.nanoseconds + 999_999) / 1_000_000, 60_000))
    }
}

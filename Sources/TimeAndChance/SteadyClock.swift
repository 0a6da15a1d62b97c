internal import Glibc
internal import Synchronization
public import Wire

/// The wall clock, as far as it moves forward.
///
/// When somebody turns the machine's clock back, time goes on from where it was: what is due in ten seconds does not become
/// due in two hours. When it is turned forward, that is followed: what was meant for then is overdue now.
public final class SteadyClock: Sendable {
    private struct Reading {
        var time: Timestamp
        /// Time since the machine was started, which nobody can set.
        var uptime: Duration
    }

    private let wall: @Sendable () -> Timestamp
    private let uptime: @Sendable () -> Duration
    private let last: Mutex<Reading>

    public init(
        wall: @escaping @Sendable () -> Timestamp = SteadyClock.wallTime,
        uptime: @escaping @Sendable () -> Duration = SteadyClock.uptime,
    ) {
        self.wall = wall
        self.uptime = uptime
        last = Mutex(Reading(time: wall(), uptime: uptime()))
    }

    public var now: Timestamp {
        last.withLock { last in
            let (wall, uptime) = (wall(), uptime())
            let steady = last.time + (uptime - last.uptime)
            // Fractions of a millisecond stay with the older reading, or many readings would lose them all.
            let isFollowing = wall > steady
            let time = max(wall, steady)
            last = Reading(time: time, uptime: isFollowing ? uptime : last.uptime + (steady - last.time))
            return time
        }
    }

    /// The time that the machine's clock shows now, UTC.
    public static func wallTime() -> Timestamp {
        let time = read(CLOCK_REALTIME)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Since the machine was started, suspended time included.
    public static func uptime() -> Duration {
        let time = read(CLOCK_BOOTTIME)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time
    }
}

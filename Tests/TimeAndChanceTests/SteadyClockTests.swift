import Synchronization
import Testing
import TimeAndChance
import Wire

@Suite("The steady clock")
struct SteadyClockTests {
    /// A machine whose clock can be set.
    private final class Machine: Sendable {
        private let state = Mutex((wall: Timestamp(milliseconds: 1_741_079_730_000), uptime: Duration.zero))

        var clock: SteadyClock {
            SteadyClock(wall: { self.state.withLock(\.wall) }, uptime: { self.state.withLock(\.uptime) })
        }

        func pass(_ duration: Duration) {
            state.withLock { $0 = ($0.wall + duration, $0.uptime + duration) }
        }

        func turn(_ duration: Duration) { state.withLock { $0.wall = $0.wall + duration } }
    }

    @Test func `goes as the wall clock goes`() {
        let machine = Machine()
        let clock = machine.clock
        let start = clock.now
        machine.pass(.seconds(5))
        #expect(clock.now - start == .seconds(5))
    }

    @Test func `follows when the wall clock is turned forward`() {
        let machine = Machine()
        let clock = machine.clock
        let start = clock.now
        machine.turn(.seconds(7200))
        machine.pass(.seconds(1))
        #expect(clock.now - start == .seconds(7201))
    }

    @Test func `goes on from where it was when the wall clock is turned back`() {
        let machine = Machine()
        let clock = machine.clock
        let start = clock.now
        machine.turn(.seconds(-7200))
        #expect(clock.now == start)
        machine.pass(.seconds(10))
        #expect(clock.now - start == .seconds(10))
        machine.turn(.seconds(7300))
        #expect(clock.now - start == .seconds(110))
    }

    @Test func `loses nothing to being asked often`() {
        let machine = Machine()
        let clock = machine.clock
        let start = clock.now
        machine.turn(.seconds(-7200))
        for _ in 0..<10_000 {
            machine.pass(.microseconds(300))
            _ = clock.now
        }
        #expect(clock.now - start == .seconds(3))
    }
}

@Suite("Surroundings")
struct SurroundingsTests {
    @Test(arguments: [(UInt64.min, 800), (.max / 4, 900), (.max / 2, 1000), (.max, 1200)])
    func `vary a wait by a fifth at the most`(drawn: UInt64, milliseconds: Int) {
        let surroundings = Surroundings(now: { Timestamp(milliseconds: 0) }, random: { drawn })
        #expect(surroundings.jittered(.seconds(1)) == .milliseconds(milliseconds))
    }
}

import Synchronization
import Testing
import TimeAndChance
import Wire

@testable import Checkouts

@Suite("The bell")
struct BellTests {
    private static let ages = Duration.seconds(86_400)

    @Test func `is heard by whoever waits after it rang`() async {
        let bell = Bell(.real)
        bell.ring()
        bell.ring()
        await bell.wait(atMost: BellTests.ages)
    }

    @Test func `rings once for every wait, however the two meet`() async {
        let bell = Bell(.real)
        for _ in 0..<500 {
            let ringer = Task { bell.ring() }
            await bell.wait(atMost: BellTests.ages)
            await ringer.value
        }
    }

    @MainActor
    @Test func `wakes everybody who waits`() async {
        let bell = Bell(.real)
        var woken = 0
        let waiting = (0..<3).map { _ in
            Task { @MainActor in
                await bell.wait(atMost: BellTests.ages)
                woken += 1
            }
        }
        while woken < 3 {
            bell.ring()
            await Task.yield()
        }
        for task in waiting { await task.value }
    }

    @Test func `lets the waiting end in time`() async {
        let bell = Bell(.real)
        for _ in 0..<50 {
            let ringer = Task { bell.ring() }
            await bell.wait(atMost: .microseconds(20))
            await ringer.value
        }
    }

    @Test func `lets a task go that is cancelled before or while it waits`() async {
        let bell = Bell(.real)
        for yields in 0..<100 {
            let waiting = Task { await bell.wait(atMost: BellTests.ages) }
            for _ in 0..<yields % 5 { await Task.yield() }
            waiting.cancel()
            await waiting.value
        }
    }
}

@Suite("Flights")
@MainActor
struct FlightsTests {
    private let flights = Flights<String, Int>(.real)
    private let gate = Bell(.real)

    @Test func `are shared by all who come while they last`() async {
        let works = Mutex(0)
        var hasJoined = 0
        let callers = (0..<10).map { _ in
            Task { @MainActor in
                hasJoined += 1
                return await flights.join("one") {
                    works.withLock { $0 += 1 }
                    await self.gate.wait(atMost: .seconds(86_400))
                    return works.withLock(\.self)
                }
            }
        }
        while hasJoined < 10 { await Task.yield() }
        gate.ring()
        for caller in callers { #expect(await caller.value == 1) }
        #expect(await flights.join("one") { 7 } == 7)
    }

    @Test func `go on for those who still wait when the first one went away`() async {
        let first = Task { @MainActor in
            await flights.join("one") {
                await self.gate.wait(atMost: .seconds(86_400))
                return Task.isCancelled ? 0 : 1
            }
        }
        await Task.yield()
        first.cancel()
        let second = Task { @MainActor in await flights.join("one") { 1 } }
        await Task.yield()
        gate.ring()
        #expect(await second.value == 1)
        #expect(await first.value == 1)
    }
}

extension Surroundings {
    /// The machine's own.
    fileprivate static let real = Surroundings(now: SteadyClock.wallTime)
}

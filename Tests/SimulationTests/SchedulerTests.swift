import Testing
import Wire

@testable import Simulation

@Suite("The simulator's time and chance")
struct SchedulerTests {
    @Test func `throws every number of a die about equally often`() {
        var dice = Dice(seed: 1)
        var counts = Array(repeating: 0, count: 10)
        for _ in 0..<10_000 { counts[dice.below(10)] += 1 }
        #expect(counts.allSatisfy { (800...1200).contains($0) })
        #expect((0..<1000).allSatisfy { _ in (5...7).contains(dice.between(5, 7)) })
    }

    @Test func `lets alarms go off in the order of their times, and cancelled ones not at all`() {
        let scheduler = Scheduler(seed: 1, start: 1000)
        var heard: [Int64] = []
        for delay: Int64 in [50, 10, 30, 10_000] { scheduler.after(delay) { heard.append(scheduler.now) } }
        scheduler.cancel(scheduler.after(20) { heard.append(-1) })
        while scheduler.step() {}
        #expect(heard == [1010, 1030, 1050, 11_000])
    }

    @Test func `lets a sleeper sleep for as long as it wanted, and no time pass besides`() {
        let scheduler = Scheduler(seed: 1, start: 0)
        let lane = Lane(scheduler, name: "a")
        let woken = Noted()
        lane.start {
            try? await lane.sleep(.seconds(3600))
            woken.note(scheduler.now)
        }
        while scheduler.step() {}
        #expect(woken.times == [3_600_000])
        #expect(lane.tasksUnderWay == 0)
    }

    @Test func `runs nothing of a lane that stands still, and all of it afterwards`() {
        let scheduler = Scheduler(seed: 1, start: 0)
        let lane = Lane(scheduler, name: "a")
        let woken = Noted()
        lane.start {
            try? await lane.sleep(.seconds(1))
            woken.note(scheduler.now)
        }
        scheduler.after(500) { lane.pause() }
        scheduler.after(60_000) { lane.resume() }
        while scheduler.step() {}
        #expect(woken.times == [60_000])
    }

    @Test func `ends everything that a lane waits for when it dies`() {
        let scheduler = Scheduler(seed: 1, start: 0)
        let lane = Lane(scheduler, name: "a")
        let ended = Noted()
        for _ in 0..<3 {
            lane.start {
                do {
                    try await lane.sleep(.seconds(1000))
                } catch {
                    ended.note(scheduler.now)
                }
            }
        }
        scheduler.after(7) { lane.die() }
        while scheduler.step() {}
        #expect(ended.times == [7, 7, 7])
        #expect(lane.tasksUnderWay == 0)
    }
}

/// Times that were noted by tasks. Unchecked: they run in the test's thread.
private final class Noted: @unchecked Sendable {
    private(set) var times: [Int64] = []

    func note(_ time: Int64) { times.append(time) }
}

import Wire

/// Runs everything in one thread, in an order that the seed draws, under a clock that jumps from one event to the next.
///
/// Tasks of the product end up here because every one of them prefers a ``Lane``'s executor. When none can run, time
/// advances to the next alarm.
final class Scheduler: @unchecked Sendable {
    // Unchecked: a run is made by one thread, which alone touches its scheduler.

    /// Milliseconds of virtual time. It is the true time: nodes and Klarna have clocks that differ from it.
    private(set) var now: Int64
    var dice: Dice
    private(set) var steps = 0
    private var runnable: [(lane: Lane, job: UnownedJob)] = []
    private var alarms = AlarmQueue()
    private var actions: [Int: () -> Void] = [:]
    private var lastAlarm = 0

    init(seed: UInt64, start: Int64) {
        dice = Dice(seed: seed)
        now = start
    }

    /// Does something later; what falls due at the same moment happens in an order that is drawn.
    @discardableResult
    func after(_ delay: Int64, _ action: @escaping () -> Void) -> Int {
        lastAlarm += 1
        actions[lastAlarm] = action
        alarms.push(Alarm(time: now + max(0, delay), lot: UInt32(truncatingIfNeeded: dice.next()), number: lastAlarm))
        return lastAlarm
    }

    func cancel(_ alarm: Int) { actions[alarm] = nil }

    fileprivate func enqueue(_ job: UnownedJob, on lane: Lane) { runnable.append((lane, job)) }

    /// Runs one task up to its next wait, or lets one event happen. False when nothing is left to do.
    func step() -> Bool {
        if !runnable.isEmpty {
            let index = dice.below(runnable.count)
            let (lane, job) = runnable[index]
            runnable[index] = runnable[runnable.count - 1]
            runnable.removeLast()
            steps += 1
            lane.run(job)
            return true
        }
        while let alarm = alarms.pop() {
            guard let action = actions.removeValue(forKey: alarm.number) else { continue }
            now = max(now, alarm.time)
            steps += 1
            action()
            return true
        }
        return false
    }

    /// Runs what a dead lane's tasks still have to do until they have unwound: nothing of it leaves them.
    fileprivate func unwind(_ lane: Lane) {
        var index = 0
        while index < runnable.count {
            guard runnable[index].lane === lane else {
                index += 1
                continue
            }
            let job = runnable[index].job
            runnable.remove(at: index)
            lane.run(job)
            index = 0
        }
    }
}

/// Where the tasks of one process run: a node from its start to its crash, or whoever calls nodes from outside.
///
/// A lane can be paused, as a machine can, and it can die: then what its tasks wait for ends at once, without effect.
final class Lane: TaskExecutor, @unchecked Sendable {
    // Unchecked: a run is made by one thread, which alone touches its scheduler and lanes. `enqueue` checks that.
    unowned let scheduler: Scheduler
    let name: String
    private(set) var isAlive = true
    private(set) var isPaused = false
    /// When it last went on after it had stood still.
    private(set) var resumedAt: Int64?
    /// Kills the process whose lane this is.
    var kill: (() -> Void)?
    private var held: [UnownedJob] = []
    private var waits: [Int: () -> Void] = [:]
    private var lastWait = 0
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastTask = 0

    init(_ scheduler: Scheduler, name: String) {
        self.scheduler = scheduler
        self.name = name
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isPaused { held.append(job) } else { scheduler.enqueue(job, on: self) }
    }

    fileprivate func run(_ job: UnownedJob) {
        if isPaused { held.append(job) } else { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Starts a task that is cancelled when the lane dies.
    func start(_ work: @escaping @Sendable () async -> Void) {
        guard isAlive else { return }
        lastTask += 1
        let number = lastTask
        tasks[number] = Task(executorPreference: self) {
            await work()
            self.tasks[number] = nil
        }
    }

    /// How many tasks that were started here have not ended.
    var tasksUnderWay: Int { tasks.count }

    func pause() { isPaused = true }

    func resume() {
        guard isPaused else { return }
        isPaused = false
        resumedAt = scheduler.now
        let jobs = held
        held = []
        for job in jobs { scheduler.enqueue(job, on: self) }
    }

    func die() {
        isAlive = false
        resume()
        for number in tasks.keys.sorted() { tasks[number]?.cancel() }
        while let number = waits.keys.min() { waits.removeValue(forKey: number)?() }
        scheduler.unwind(self)
    }

    /// Waits for something that `begin` starts and that ends once by calling what it is given; by `ifDead` when the lane dies.
    func wait<Value: Sendable>(
        ifDead: Value,
        _ begin: (_ end: @escaping (Value) -> Void) -> Void,
    ) async -> Value {
        guard isAlive else { return ifDead }
        return await withCheckedContinuation { continuation in
            lastWait += 1
            let number = lastWait
            waits[number] = { continuation.resume(returning: ifDead) }
            begin { value in
                // Whatever comes second, a late answer or a death, finds nobody waiting.
                guard self.waits.removeValue(forKey: number) != nil else { return }
                continuation.resume(returning: value)
            }
        }
    }

    /// Returns after that long; throws when the task is cancelled meanwhile.
    func sleep(_ duration: Duration) async throws {
        try Task.checkCancellation()
        let alarm = Alarmed()
        let isOver = await withTaskCancellationHandler {
            await wait(ifDead: false) { end in
                alarm.end = end
                alarm.number = scheduler.after(duration.milliseconds) { end(true) }
            }
        } onCancel: {
            self.scheduler.cancel(alarm.number)
            alarm.end?(false)
        }
        guard isOver else { throw CancellationError() }
    }

    /// One sleeper's alarm. Unchecked for the same reason as its lane.
    private final class Alarmed: @unchecked Sendable {
        var number = 0
        var end: ((Bool) -> Void)?
    }
}

private struct Alarm {
    let time: Int64
    let lot: UInt32
    let number: Int

    func isBefore(_ other: Alarm) -> Bool { (time, lot, number) < (other.time, other.lot, other.number) }
}

/// A binary heap, the next alarm on top.
private struct AlarmQueue {
    private var heap: [Alarm] = []

    mutating func push(_ alarm: Alarm) {
        heap.append(alarm)
        var index = heap.count - 1
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func pop() -> Alarm? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != index else { return first }
            heap.swapAt(index, least)
            index = least
        }
    }
}

import CLinux
import Glibc
import HTTPMessage
import Logging
import Synchronization

/// One thread that serves a share of the connections: it waits until some are ready, reads, runs their handlers, writes.
///
/// As a `TaskExecutor` it also runs what its handlers' tasks go on with after they were suspended, so a request is
/// served on one thread from first byte to last.
///
/// Unchecked: all mutable state but the inbox is touched only on the loop's own thread, and before it starts. From other
/// threads come `enqueue` and `perform`, which leave what they bring in the inbox, and that has a lock.
final class Loop: TaskExecutor, @unchecked Sendable {
    private enum Arrival: Sendable {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
    }

    private struct Inbox {
        var arrivals: [Arrival] = []
        var isStopped = false
    }

    static let readBufferBytes = 64 * 1024
    private static let wakeKey = UInt64.max
    private static let listenerKeys = UInt64(UInt32.max - 1) << 32
    /// Deadlines are looked at no more often than this, and as much less often for each thousand connections: looking at
    /// ten thousand takes a millisecond. They end connections, so being late harms nobody.
    private static let sweepPause = Duration.milliseconds(20)

    let routing: Routing
    let limits: ServerLimits
    let proxies: TrustedProxies
    let logger: Logger
    let admission: Admission
    private let number: Int
    private let wake: Descriptor
    private let inbox = Mutex(Inbox())
    private let threadID = Atomic<UInt>(0)

    // Everything below is touched on the loop's thread only.
    private var poller: Poller
    private var jobs: [UnownedJob] = []
    var listeners: [Listener] = []
    var acceptsAgainAt = Moment.never
    var closesListenersAt = Moment.never
    private var connections: [Connection?] = []
    private var generations: [UInt32] = []
    private var freeSlots: [Int] = []
    private(set) var openCount = 0
    private(set) var isDraining = false
    private var isStopping = false
    /// Tasks of handlers that have not ended; the thread lives as long as they do.
    var taskCount = 0
    private var nextSweep = Moment.never
    var readBuffer = [UInt8](repeating: 0, count: Loop.readBufferBytes)
    private(set) var now = Moment.now
    private(set) var date: [UInt8] = []
    private var dateSecond = 0
    private var onStop: (@Sendable () -> Void)?

    init(
        number: Int,
        routing: Routing,
        limits: ServerLimits,
        proxies: TrustedProxies,
        admission: Admission,
        logger: Logger,
    ) throws(SystemError) {
        self.number = number
        self.routing = routing
        self.limits = limits
        self.proxies = proxies
        self.admission = admission
        self.logger = logger
        let raw = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard raw >= 0 else { throw .last }
        wake = Descriptor(owning: raw)
        poller = try Poller()
        try poller.add(raw, .read, key: Self.wakeKey)
    }

    /// Starts the thread. `onStop` is called on it when the last connection is closed.
    func start(onStop: @escaping @Sendable () -> Void) throws(SystemError) {
        self.onStop = onStop
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self)
        let result = unsafe pthread_create(
            &thread,
            nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Loop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context.toOpaque(),
        )
        guard result == 0 else {
            unsafe context.release()
            throw SystemError(code: result)
        }
        pthread_detach(thread)
    }

    var isOnThread: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnThread {
            jobs.append(job)
        } else {
            arrive(.job(job))
        }
    }

    /// Runs `work` on the loop's thread: at once when called on it.
    func perform(_ work: @escaping @Sendable () -> Void) {
        if isOnThread {
            work()
        } else {
            arrive(.work(work))
        }
    }

    private func arrive(_ arrival: Arrival) {
        let (wasEmpty, isStopped) = inbox.withLock { inbox in
            guard !inbox.isStopped else { return (false, true) }
            inbox.arrivals.append(arrival)
            return (inbox.arrivals.count == 1, false)
        }
        if isStopped {
            switch arrival {
            // The loop ends after its last handler, so this is a task that somebody started to outlive it.
            case .job(let job): globalConcurrentExecutor.enqueue(job)
            // Finds every connection closed, and nobody else at it.
            case .work(let work): work()
            }
        }
        guard wasEmpty else { return }
        var one: UInt64 = 1
        _ = unsafe write(wake.raw, &one, MemoryLayout<UInt64>.size)
    }
}

// MARK: - The thread

extension Loop {
    private func run() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        unsafe clinux_name_thread("kassa-loop-\(number)")
        refreshClock()
        while !(isStopping && openCount == 0 && taskCount == 0 && stop()) {
            let count = poller.wait(milliseconds: waitMilliseconds)
            refreshClock()
            for index in 0..<count {
                take(poller.readiness(index))
            }
            runArrivals()
            runJobs()
            sweepIfDue()
            if acceptsAgainAt <= now { resumeAccepting() }
            if closesListenersAt <= now { closeListeners() }
        }
        // The system gives the number of a thread that has ended to another one.
        threadID.store(0, ordering: .relaxed)
    }

    /// Ends the thread unless something arrived at the last moment.
    private func stop() -> Bool {
        let isEmpty = inbox.withLock { inbox in
            inbox.isStopped = inbox.arrivals.isEmpty
            return inbox.isStopped
        }
        return isEmpty && jobs.isEmpty
    }

    private var waitMilliseconds: Int32 {
        if !jobs.isEmpty { return 0 }
        let next = min(nextSweep, acceptsAgainAt, closesListenersAt)
        return next == .never ? -1 : next.milliseconds(after: .now)
    }

    private func refreshClock() {
        now = .now
        let second = Moment.unixSeconds
        if second != dateSecond || date.isEmpty {
            dateSecond = second
            date = Array(HTTPDate(unixSeconds: second).description.utf8)
        }
    }

    private func take(_ readiness: Poller.Readiness) {
        if readiness.key == Self.wakeKey {
            var count: UInt64 = 0
            _ = unsafe read(wake.raw, &count, MemoryLayout<UInt64>.size)
        } else if readiness.key >= Self.listenerKeys {
            let index = Int(readiness.key & UInt64(UInt32.max))
            if index < listeners.count { accept(on: listeners[index]) }
        } else {
            let slot = Int(readiness.key & UInt64(UInt32.max))
            // The slot may have been given to another connection since the kernel reported this one.
            guard generations[slot] == UInt32(readiness.key >> 32), let connection = connections[slot] else { return }
            connection.take(readiness)
        }
    }

    private func runArrivals() {
        let arrivals = inbox.withLock { inbox in
            let arrivals = inbox.arrivals
            inbox.arrivals.removeAll(keepingCapacity: true)
            return arrivals
        }
        for arrival in arrivals {
            switch arrival {
            case .job(let job): jobs.append(job)
            case .work(let work): work()
            }
        }
    }

    /// Runs what is ready now. What becomes ready by it waits for the next round, so that no handler keeps the sockets waiting.
    private func runJobs() {
        let batch = jobs
        jobs = []
        for job in batch {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private func sweepIfDue() {
        guard nextSweep <= now else { return }
        var earliest = Moment.never
        for case let connection? in connections {
            if connection.deadline <= now { connection.expire() }
            earliest = min(earliest, connection.deadline)
        }
        let pause = Self.sweepPause * (1 + connections.count / 1000)
        nextSweep = earliest == .never ? .never : max(earliest, now.advanced(by: pause))
    }
}

// MARK: - Connections

extension Loop {
    /// Makes a sweep come no later than `deadline`.
    func note(_ deadline: Moment) {
        nextSweep = min(nextSweep, deadline)
    }

    func add(_ transport: consuming Transport, _ peer: PeerAddress) {
        let slot = freeSlots.popLast() ?? connections.count
        if slot == connections.count {
            connections.append(nil)
            generations.append(0)
        }
        let key = UInt64(generations[slot]) << 32 | UInt64(slot)
        let connection = Connection(transport, peer, loop: self, key: key)
        do throws(SystemError) {
            try connection.withTransport { transport throws(SystemError) in
                try poller.add(transport.raw, .read, key: key)
            }
        } catch {
            freeSlots.append(slot)
            admission.leave(peer)
            return
        }
        connections[slot] = connection
        openCount += 1
        connection.begin()
        if isDraining { connection.drain() }
    }

    func change(_ transport: borrowing Transport, _ interest: Poller.Interest, key: UInt64) {
        poller.change(transport.raw, interest, key: key)
    }

    /// Forgets a connection that is about to be closed. Closing its descriptor, which nobody else holds, also ends the
    /// watch over it.
    func remove(_ peer: PeerAddress, key: UInt64) {
        let slot = Int(key & UInt64(UInt32.max))
        connections[slot] = nil
        generations[slot] = (generations[slot] + 1) % (UInt32.max - 1)
        freeSlots.append(slot)
        openCount -= 1
        admission.leave(peer)
        finishIfDrained()
    }

    func listen(on listener: Listener) {
        guard !isDraining else { return }
        listeners.append(listener)
        watch(listener, index: listeners.count - 1)
    }

    func watch(_ listener: Listener, index: Int) {
        do throws(SystemError) {
            let interest: Poller.Interest = listener.isShared ? [.read, .alone] : .read
            try poller.add(listener.descriptor.raw, interest, key: Self.listenerKeys | UInt64(index))
        } catch {
            logger.error("a listener cannot be watched", metadata: ["reason": "\(error)"])
            acceptsAgainAt = now.advanced(by: limits.acceptPause)
        }
    }

    func unwatch(_ listener: Listener) {
        poller.remove(listener.descriptor.raw)
    }

    /// Accepts no more, lets each connection finish what it is at.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        retireListeners()
        for case let connection? in connections { connection.drain() }
        finishIfDrained()
    }

    /// Closes everything at once.
    func cut() {
        drain()
        closeListeners()
        for case let connection? in connections { connection.cut() }
        finishIfDrained()
    }

    func finishIfDrained() {
        guard isDraining, listeners.isEmpty, openCount == 0, let onStop else { return }
        isStopping = true
        self.onStop = nil
        onStop()
    }
}

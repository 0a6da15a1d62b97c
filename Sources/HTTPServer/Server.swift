import Glibc
public import Logging
import Synchronization

/// Why an address cannot be listened on.
public struct BindError: Error, CustomStringConvertible {
    public let address: ListenAddress
    public let reason: String
    public var description: String { "cannot listen on \(address): \(reason)" }
}

/// An HTTP/1.1 server: a few loops, each on its own thread with its own share of the connections.
///
/// A server runs once: ``bind(_:)``, ``run(_:)``, ``shutdown(grace:)``. The routes come last, because they may have to know
/// the port.
public final class Server: Sendable {
    private enum Phase {
        case waiting
        case running(loopsLeft: Int)
        case stopped
    }

    private struct State {
        var phase = Phase.waiting
        var listeners: [[Listener]] = []
        var loops: [Loop] = []
        var whenStopped: [CheckedContinuation<Void, Never>] = []
    }

    private let limits: ServerLimits
    private let loopCount: Int
    private let logger: Logger
    private let state = Mutex(State())

    /// `loops` threads serve connections; 0 means one per core.
    public init(limits: ServerLimits = .init(), loops: Int = 0, logger: Logger) {
        self.limits = limits
        self.logger = logger
        loopCount = loops > 0 ? loops : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        // Writing to a peer that is gone is an error of the call and must not end the process.
        _ = signal(SIGPIPE, SIG_IGN)
        Self.allowDescriptors(limits.connectionsMax + 512)
    }

    /// Listens on `address`. Connections wait in the backlog until ``run(_:)``.
    ///
    /// - Returns: the address with its real port.
    public func bind(_ address: ListenAddress) throws(BindError) -> ListenAddress {
        let bound = try Listener.open(address, count: loopCount, backlog: limits.backlog)
        let loops = state.withLock { state in
            switch state.phase {
            case .waiting: state.listeners.append(bound.listeners)
            case .running, .stopped: break
            }
            return state.loops
        }
        for (loop, listener) in zip(loops, bound.listeners) {
            loop.perform { loop.listen(on: listener) }
        }
        return bound.address
    }

    /// Serves until ``shutdown(grace:)`` is complete. When the task is cancelled, connections are cut.
    public func run(_ router: Router) async throws {
        let loops = try makeLoops(router)
        let isFirst = state.withLock { state in
            guard case .waiting = state.phase else { return false }
            state.phase = .running(loopsLeft: loops.count)
            state.loops = loops
            return true
        }
        guard isFirst else { return }
        for (index, loop) in loops.enumerated() {
            let listeners = state.withLock { state in state.listeners.map { $0[index] } }
            loop.perform { for listener in listeners { loop.listen(on: listener) } }
            do throws(SystemError) {
                try loop.start { self.loopHasStopped() }
            } catch {
                cut()
                throw error
            }
        }
        state.withLock { $0.listeners = [] }
        await withTaskCancellationHandler {
            await stopped()
        } onCancel: {
            cut()
        }
    }

    /// Accepts no more connections, closes idle ones and lets requests under way finish; after `grace` the rest is cut.
    public func shutdown(grace: Duration) async {
        let loops = state.withLock { state in
            if case .waiting = state.phase {
                state.phase = .stopped
                state.listeners = []
            }
            return state.loops
        }
        for loop in loops { loop.perform { loop.drain() } }
        let deadline = Task {
            try await Task.sleep(for: grace)
            self.cut()
        }
        await stopped()
        deadline.cancel()
    }

    /// Raises the process's soft limit of descriptors, as far as it may: the usual 1,024 are fewer than our connections.
    private static func allowDescriptors(_ count: Int) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        _ = unsafe setrlimit(resource, &limit)
    }

    private func makeLoops(_ router: Router) throws(SystemError) -> [Loop] {
        let admission = Admission(limits: limits)
        var loops: [Loop] = []
        for number in 0..<loopCount {
            loops.append(
                try Loop(number: number, router: router, limits: limits, admission: admission, logger: logger)
            )
        }
        return loops
    }

    private func cut() {
        for loop in state.withLock({ $0.loops }) { loop.perform { loop.cut() } }
    }

    private func stopped() async {
        await withCheckedContinuation { continuation in
            let isStopped = state.withLock { state in
                guard case .stopped = state.phase else {
                    state.whenStopped.append(continuation)
                    return false
                }
                return true
            }
            if isStopped { continuation.resume() }
        }
    }

    private func loopHasStopped() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard case .running(let loopsLeft) = state.phase else { return [] }
            guard loopsLeft == 1 else {
                state.phase = .running(loopsLeft: loopsLeft - 1)
                return []
            }
            state.phase = .stopped
            state.loops = []
            defer { state.whenStopped = [] }
            return state.whenStopped
        }
        for continuation in waiting { continuation.resume() }
    }
}

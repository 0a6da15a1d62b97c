import Dispatch
import Glibc
public import Logging
import Synchronization

/// Why a place cannot be listened on.
public struct BindError: Error, CustomStringConvertible {
    /// An address, or a descriptor that was passed.
    public let place: String
    public let reason: String
    public var description: String { "cannot listen on \(place): \(reason)" }
}

/// An HTTP/1.1 server: a few loops, each on its own thread with its own share of the connections.
///
/// A server runs once: ``bind(_:tls:sharesPort:)``, ``run(_:)``, ``shutdown(grace:)``. The routes come last, because they may
/// have to know the port.
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
    private let proxies: TrustedProxies
    private let loopCount: Int
    private let logger: Logger
    private let state = Mutex(State())

    /// `loops` threads serve connections; 0 means one per core. `proxies` are believed when they name their clients.
    public init(
        limits: ServerLimits = .init(),
        loops: Int = 0,
        proxies: TrustedProxies = .none,
        logger: Logger,
    ) {
        self.limits = limits
        self.proxies = proxies
        self.logger = logger
        loopCount = loops > 0 ? loops : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        // Writing to a peer that is gone is an error of the call and must not end the process.
        _ = signal(SIGPIPE, SIG_IGN)
        Self.allowDescriptors(limits.connectionsMax + 512)
        Self.timers
    }

    /// Listens on `address`, with `tls` for https. Connections wait in the backlog until ``run(_:)``.
    ///
    /// With `sharesPort` another server of the same user may listen on the port at the same time, if it shares it too: the
    /// system spreads new connections over both. So a new process can take over from an old one: it starts, and the old
    /// one is shut down. A port that is not shared and in use is an error.
    ///
    /// - Returns: the address with its real port.
    public func bind(
        _ address: ListenAddress,
        tls: TLSContext? = nil,
        sharesPort: Bool = false,
    ) throws(BindError) -> ListenAddress {
        let bound = try Listener.open(
            address,
            tls: tls,
            count: loopCount,
            backlog: limits.backlog,
            sharesPort: sharesPort,
        )
        listen(on: bound.listeners)
        return bound.address
    }

    /// Listens on a socket that somebody else has opened and that listens already, and owns it from here on:
    /// ``PassedSockets``. As long as the one who opened it keeps it too, no connection is refused while nobody serves.
    ///
    /// - Returns: its address.
    public func adopt(_ descriptor: Int32, tls: TLSContext? = nil) throws(BindError) -> ListenAddress {
        let adopted = try Listener.adopt(descriptor, tls: tls)
        listen(on: Array(repeating: adopted.listener, count: loopCount))
        return adopted.address
    }

    private func listen(on listeners: [Listener]) {
        let loops = state.withLock { state in
            switch state.phase {
            case .waiting: state.listeners.append(listeners)
            case .running, .stopped: break
            }
            return state.loops
        }
        for (loop, listener) in zip(loops, listeners) {
            loop.perform { loop.listen(on: listener) }
        }
    }

    /// Serves until ``shutdown(grace:)`` is complete. When the task is cancelled, connections are cut.
    public func run(_ router: Router) async throws {
        let loops = try makeLoops(router)
        let isFirst = state.withLock { state in
            guard case .waiting = state.phase else { return false }
            state.phase = .running(loopsLeft: loops.count)
            state.loops = loops
            // Before anybody can ask for a drain, which would find nobody in the backlog of a listener that comes later.
            for (index, loop) in loops.enumerated() {
                let listeners = state.listeners.map { $0[index] }
                loop.perform { for listener in listeners { loop.listen(on: listener) } }
            }
            state.listeners = []
            return true
        }
        guard isFirst else { return }
        for (index, loop) in loops.enumerated() {
            do throws(SystemError) {
                try loop.start { self.loopHasStopped() }
            } catch {
                // Without a thread, and nobody shall wait for their end.
                for _ in loops[index...] { loopHasStopped() }
                cut()
                throw error
            }
        }
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

    /// Dispatch opens a descriptor for each clock when something waits for it first, and ends the process when there is none
    /// left. So somebody waits for each of them now, long enough not to be done before that.
    private static let timers: Void = {
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(5)) {}
        DispatchQueue.global().asyncAfter(wallDeadline: .now() + .seconds(5)) {}
        Task.detached { try? await Task.sleep(for: .seconds(5), clock: .continuous) }
    }()

    private func makeLoops(_ router: Router) throws(SystemError) -> [Loop] {
        let admission = Admission(limits: limits, proxies: proxies)
        let routing = Routing(router)
        var loops: [Loop] = []
        for number in 0..<loopCount {
            loops.append(
                try Loop(
                    number: number,
                    routing: routing,
                    limits: limits,
                    proxies: proxies,
                    admission: admission,
                    logger: logger,
                )
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

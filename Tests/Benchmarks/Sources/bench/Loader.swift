import Foundation

/// Requests over kept connections, all on one thread: what asks must cost less than what answers.
///
/// A request takes an idle connection to its server or opens one, so that as many connections are open as requests were
/// ever under way at once. Answers are handed out while ``run(while:)`` turns.
final class Loader {
    typealias Receiver = (Answer) throws -> Void

    private var idle: [Int: [Connection]] = [:]
    private var underWay: [Connection] = []
    private var timers: [(at: ContinuousClock.Instant, work: () throws -> Void)] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Asks the server at that port of the loopback address.
    func ask(_ port: Int, _ request: [UInt8], then receive: @escaping Receiver) throws {
        let connection = try idle[port]?.popLast() ?? Connection(port: port)
        try connection.begin(request, receive)
        underWay.append(connection)
    }

    /// Asks and waits for the answer.
    func answer(_ port: Int, _ request: [UInt8]) throws -> Answer {
        var found: Answer?
        try ask(port, request) { found = $0 }
        try run { found == nil }
        guard let found else { throw Failure("no answer") }
        return found
    }

    func at(_ instant: ContinuousClock.Instant, _ work: @escaping () throws -> Void) {
        timers.append((instant, work))
    }

    /// Turns for as long as the condition holds.
    func run(while condition: () -> Bool) throws {
        while condition() {
            try runTimers()
            guard condition() else { return }
            guard !underWay.isEmpty || !timers.isEmpty else { throw Failure("nothing left to wait for") }
            try wait()
        }
    }

    /// Forgets what is under way: the answers that still come are nobody's.
    func hangUp() {
        underWay.removeAll()
        idle.removeAll()
        timers.removeAll()
    }

    private func runTimers() throws {
        guard !timers.isEmpty else { return }
        let now = ContinuousClock.now
        let due = timers.filter { $0.at <= now }
        timers.removeAll { $0.at <= now }
        for timer in due { try timer.work() }
    }

    private func wait() throws {
        var descriptors = underWay.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let count = unsafe poll(&descriptors, nfds_t(descriptors.count), patience())
        guard count >= 0 || errno == EINTR else { throw Failure("poll: errno \(errno)") }
        guard count > 0 else { return }
        var ready: [Connection] = []
        var waiting: [Connection] = []
        for (connection, descriptor) in zip(underWay, descriptors) {
            if descriptor.revents == 0 { waiting.append(connection) } else { ready.append(connection) }
        }
        underWay = waiting
        for connection in ready { try read(connection) }
    }

    private func read(_ connection: Connection) throws {
        guard let answer = try connection.read(&buffer) else {
            underWay.append(connection)
            return
        }
        let receive = connection.receive
        connection.receive = nil
        if !answer.closes { idle[connection.port, default: []].append(connection) }
        try receive?(answer)
    }

    /// Until the next timer, in milliseconds as `poll` takes them; 10 s is when something hangs.
    private func patience() -> Int32 {
        guard let next = timers.map(\.at).min() else { return 10_000 }
        let pause = ContinuousClock.now.duration(to: next)
        return Int32(min(10_000, max(0, pause / .milliseconds(1)).rounded(.up)))
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

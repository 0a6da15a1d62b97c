import CLinux
import Glibc

/// The readiness of many descriptors, level-triggered.
@safe struct Poller: ~Copyable {
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: EPOLLIN.rawValue)
        static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// With ``read``: of all loops that watch the same descriptor, not all are woken.
        static let alone = Interest(rawValue: EPOLLEXCLUSIVE.rawValue)
    }

    struct Readiness {
        let key: UInt64
        private let events: UInt32

        fileprivate init(key: UInt64, events: UInt32) {
            self.key = key
            self.events = events
        }

        var canRead: Bool { events & EPOLLIN.rawValue != 0 }
        /// Reset, or closed on both sides. Reported whether one is interested or not.
        var isBroken: Bool { events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
    }

    private let epoll: Descriptor
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)

    init() throws(SystemError) {
        let raw = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard raw >= 0 else { throw .last }
        epoll = Descriptor(owning: raw)
    }

    /// Watches a descriptor; `key` comes back with each readiness.
    func add(_ raw: Int32, _ interest: Interest, key: UInt64) throws(SystemError) {
        guard control(EPOLL_CTL_ADD, raw, interest, key) else { throw .last }
    }

    func change(_ raw: Int32, _ interest: Interest, key: UInt64) {
        // The descriptor is ours and was added, so this cannot fail but for memory, and then the deadline ends the connection.
        _ = control(EPOLL_CTL_MOD, raw, interest, key)
    }

    func remove(_ raw: Int32) {
        _ = control(EPOLL_CTL_DEL, raw, [], 0)
    }

    /// Waits at most `milliseconds` (-1: without end) and returns how many descriptors are ready.
    mutating func wait(milliseconds: Int32) -> Int {
        let raw = epoll.raw
        let count = unsafe events.withUnsafeMutableBufferPointer { events in
            unsafe epoll_wait(raw, events.baseAddress, Int32(events.count), milliseconds)
        }
        return Int(max(count, 0))
    }

    /// One of those that the last ``wait(milliseconds:)`` counted.
    func readiness(_ index: Int) -> Readiness {
        let event = unsafe events[index]
        return unsafe Readiness(key: event.data.u64, events: event.events)
    }

    private func control(_ operation: Int32, _ raw: Int32, _ interest: Interest, _ key: UInt64) -> Bool {
        var event = unsafe epoll_event(events: interest.rawValue, data: epoll_data_t(u64: key))
        return unsafe epoll_ctl(epoll.raw, operation, raw, &event) == 0
    }
}

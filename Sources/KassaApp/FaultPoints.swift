internal import Checkouts
internal import Foundation
internal import Glibc
internal import Klarna
internal import Synchronization

/// Named places at which a debug build kills itself, so that a test can end a process at each of them.
///
/// They stand around the store and around the way to Klarna: whatever outlives a process has passed one of the two. A
/// release build has none of this.
enum FaultPoints {
    #if DEBUG
        static func around(_ store: any Store) -> any Store {
            Trap.ofThisProcess.map { FaultPointStore(base: store, trap: $0) } ?? store
        }

        static func around(_ transport: any Transport) -> any Transport {
            Trap.ofThisProcess.map { FaultPointTransport(transport: transport, trap: $0) } ?? transport
        }
    #else
        static func around(_ store: any Store) -> any Store { store }
        static func around(_ transport: any Transport) -> any Transport { transport }
    #endif
}

#if DEBUG
    /// Where this process is to die, and a list of the places it came through.
    private final class Trap: Sendable {
        /// `KASSA_FAULT_POINT` is `NAME` or `NAME:NTH` and kills at the NTH passing, from 1 on. `KASSA_FAULT_POINT_LOG`
        /// names a file to which every place that is passed is appended, one name a line.
        static let ofThisProcess = Trap(ProcessInfo.processInfo.environment)

        private let name: String?
        private let log: Int32?
        private let passingsLeft: Mutex<Int>

        private init?(_ environment: [String: String]) {
            let point = environment["KASSA_FAULT_POINT"]?.split(separator: ":", maxSplits: 1) ?? []
            name = point.first.map(String.init)
            passingsLeft = Mutex(point.count == 2 ? Int(point[1]) ?? 1 : 1)
            log = environment["KASSA_FAULT_POINT_LOG"].map { path in
                unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            }
            guard name != nil || log != nil else { return nil }
        }

        func pass(_ place: String) {
            if let log {
                let line = Array("\(place)\n".utf8)
                // One write, so that the lines of several threads do not mix.
                _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(log, $0.baseAddress, $0.count) }
            }
            guard place == name else { return }
            let isHere = passingsLeft.withLock { left in
                left -= 1
                return left == 0
            }
            // No handler, no flushing, no farewell: what a machine that loses its power does to a process.
            if isHere { Glibc.kill(getpid(), SIGKILL) }
        }

        /// Does the work between two places of that name. What failed has no second one.
        func between<Value, Failure: Error>(
            _ name: String,
            _ work: () async throws(Failure) -> Value,
        ) async throws(Failure) -> Value {
            pass("before.\(name)")
            let value = try await work()
            pass("after.\(name)")
            return value
        }
    }

    /// A store with a place before and after each of its writes. Reading leaves nothing behind.
    private struct FaultPointStore: StoreDecorator {
        let base: any Store
        let trap: Trap

        func perform<Value: Sendable>(
            _ call: StoreCall,
            _ work: () async throws(StoreError) -> Value,
        ) async throws(StoreError) -> Value {
            guard let name = call.name else { return try await work() }
            let value = try await trap.between(name, work)
            for job in value as? [ClaimedJob] ?? [] { trap.pass("after.claim.\(job.kind.rawValue)") }
            return value
        }
    }

    /// The way to Klarna with a place before and after each call, whatever came of it.
    private struct FaultPointTransport: Transport {
        let transport: any Transport
        let trap: Trap

        func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
            trap.pass("before.call.\(request.purpose?.rawValue ?? "other")")
            defer { trap.pass("after.call.\(request.purpose?.rawValue ?? "other")") }
            return try await transport.send(request)
        }
    }

    extension StoreCall {
        fileprivate var name: String? {
            switch self {
            case .commit(let change): "commit.\(change.name)"
            case .claimJobs: "claim"
            case .endJob(let job): "end.\(job.kind.rawValue)"
            case .renew(let job): "renew.\(job.kind.rawValue)"
            case .resume: "resume"
            case .keepOrphan: "keep.orphan"
            case .begin: "key.begin"
            case .endKey: "key.end"
            case .nextJobDue, .checkWritable, .read: nil
            }
        }
    }

    extension Change {
        /// By its first event, else by the work it orders or ends.
        fileprivate var name: String {
            if let event = events.first { return event.type }
            if !jobs.isEmpty { return "jobs.\(jobs.map(\.kind.rawValue).joined(separator: "+"))" }
            guard let job else { return "checkout" }
            return "\(jobEnd == nil ? "hold" : "end").\(job.kind.rawValue)"
        }
    }
#endif

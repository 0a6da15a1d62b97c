import Dispatch
import Synchronization

/// A few threads for calls that block, such as reading files: a loop must never wait for a disk.
final class BlockingPool: Sendable {
    /// The one for files.
    static let shared = BlockingPool()

    private let queues: [DispatchQueue]
    private let turn = Atomic(0)

    init(threads: Int = 4) {
        queues = (0..<threads).map { DispatchQueue(label: "kassa.blocking.\($0)") }
    }

    /// Runs `work` on one of the threads and returns what it returns.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        let index = turn.wrappingAdd(1, ordering: .relaxed).newValue.magnitude % UInt(queues.count)
        let queue = queues[Int(index)]
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}

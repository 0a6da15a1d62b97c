import Checkouts
import Foundation
import SQLiteStore
import Testing
import Wire

@Suite("A process that is killed")
struct SQLiteCrashTests {
    @Test(arguments: [5, 15, 25])
    func `loses no commit that was answered`(_ answeredMin: Int) async throws {
        try await withPlace { place in
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = place.directory as String, answeredMin = answeredMin as Int] in
                try await commitUntilKilled(in: directory, after: answeredMin)
            }
            let answered = try String(contentsOf: URL(filePath: place.directory + "/answered"), encoding: .utf8)
            let ids = answered.split(separator: "\n").compactMap { Checkout.ID(rawValue: String($0)) }
            #expect(ids.count >= answeredMin)

            let store = try SQLiteStore(path: place.directory + "/kassa.db", vault: .forTests)
            for id in ids { #expect(try await store.checkout(id)?.version == 1) }
            // Each has its job: nothing was written by halves.
            let jobs = try await store.claimJobs(.each(1_000_000), lease: .seconds(1), at: .start)
            #expect(Set(jobs.map(\.checkoutID)).isSuperset(of: ids))
            for job in jobs { #expect(try await store.checkout(job.checkoutID) != nil) }
            await store.close()
        }
    }
}

/// Notes each commit once it was answered, and kills this process when one of many tasks noted so many.
private func commitUntilKilled(in directory: String, after answeredMin: Int) async throws {
    let store = try SQLiteStore(path: directory + "/kassa.db", vault: .forTests)
    let note = unsafe open(directory + "/answered", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    try await withThrowingTaskGroup { group in
        for _ in 0..<32 {
            group.addTask {
                var answered = 0
                while true {
                    let checkout = Checkout.new()
                    let jobs = [JobOrder(.observe, at: .start)]
                    try await store.commit(Change(checkout.id, checkout: checkout, jobs: jobs))
                    let line = Array("\(checkout.id)\n".utf8)
                    guard unsafe write(note, line, line.count) == line.count else { return }
                    answered += 1
                    if answered == answeredMin { kill(getpid(), SIGKILL) }
                }
            }
        }
        try await group.waitForAll()
    }
}

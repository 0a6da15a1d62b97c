import Checkouts
import Foundation
import GRDB
import Testing

@testable import SQLiteStore

@Suite("Where the SQLite file lies")
struct SQLiteDiskTests {
    @Test(.enabled(if: SmallDisk.isAllowed, "mounting a file system takes the superuser"))
    func `when it is full loses nothing, and takes writes again once there is room`() async throws {
        try await withPlace { place in
            let disk = try SmallDisk(at: place.directory + "/disk", bytes: 2 << 20)
            defer { disk.remove() }
            let store = try SQLiteStore(path: disk.path + "/kassa.db", vault: .forTests)
            try await store.fillAndRecover(
                fill: { try disk.fill() },
                makeRoom: { try disk.makeRoom() },
            )
            await store.close()
        }
    }

    /// The system refuses to let any file of this process grow beyond a limit, as a quota does.
    @Test func `when files may not grow loses nothing, and takes writes again once they may`() async throws {
        try await withPlace { place in
            _ = await #expect(processExitsWith: .success) { [directory = place.directory as String] in
                signal(SIGXFSZ, SIG_IGN)
                let path = directory + "/kassa.db"
                let store = try SQLiteStore(path: path, vault: .forTests)
                try await store.fillAndRecover(
                    fill: {
                        let size = try Data(contentsOf: URL(filePath: path + "-wal")).count
                        var limit = rlimit(rlim_cur: rlim_t(size), rlim_max: .max)
                        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
                            throw Unable()
                        }
                    },
                    makeRoom: {
                        var limit = rlimit(rlim_cur: .max, rlim_max: .max)
                        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
                            throw Unable()
                        }
                    },
                )
                await store.close()
            }
        }
    }

    /// As somebody else than the superuser, for whom nothing is read-only.
    @Test(arguments: ["the directory", "the file", "the log"])
    func `when it may not be written is not served from, until it may`(_ what: String) async throws {
        try await withPlace { place in
            _ = await #expect(processExitsWith: .success) {
                [directory = place.directory as String, what = what as String] in
                let path = directory + "/kassa.db"
                if geteuid() == 0 {
                    guard unsafe chown(directory, 65534, 65534) == 0, setegid(65534) == 0, seteuid(65534) == 0 else {
                        throw Unable()
                    }
                }
                let first = try SQLiteStore(path: path, vault: .forTests)
                try await first.insertWhole(.numbered(1))
                let known = try await first.wholeCheckouts()
                // The log stays when a process is killed; a copy of the files is as good.
                let copy = try copyFiles(of: directory, into: directory)
                await first.close()
                let home = String(copy.dropLast("/kassa.db".count))
                let (closed, open, mode): (String, mode_t, mode_t) =
                    switch what {
                    case "the directory": (home, 0o700, 0o500)
                    case "the file": (copy, 0o600, 0o400)
                    case _: (copy + "-wal", 0o600, 0o400)
                    }
                guard unsafe chmod(closed, mode) == 0 else { throw Unable() }
                let error = #expect(throws: StoreError.self) { try SQLiteStore(path: copy, vault: .forTests) }
                try #require(error?.isUnavailable == true)
                try #require(error?.reason.contains("Permission denied") == true)
                guard unsafe chmod(closed, open) == 0 else { throw Unable() }
                let store = try SQLiteStore(path: copy, vault: .forTests)
                try #require(try await store.wholeCheckouts() == known)
                try await store.insertWhole(.numbered(2))
                await store.close()
            }
        }
    }

    @Test func `when another process locks it is busy for so long and no longer`() async throws {
        try await withPlace { place in
            let path = place.directory + "/kassa.db"
            var limits = SQLiteStore.Limits()
            limits.busyTimeout = .milliseconds(20)
            limits.writesPerCommitMax = 2
            let store = try SQLiteStore(path: path, vault: .forTests, limits: limits)
            try await store.insertWhole(.numbered(0))
            let known = try await store.wholeCheckouts()
            async let other = #expect(processExitsWith: .success) { [directory = place.directory as String] in
                let queue = try DatabaseQueue(path: directory + "/kassa.db")
                try await queue.writeWithoutTransaction { db in
                    try db.execute(sql: "BEGIN IMMEDIATE")
                    try touch(directory + "/locked")
                    while !FileManager.default.fileExists(atPath: directory + "/enough") { usleep(1_000) }
                    try db.execute(sql: "ROLLBACK")
                }
                try queue.close()
            }
            while !FileManager.default.fileExists(atPath: place.directory + "/locked") {
                try await Task.sleep(for: .milliseconds(1))
            }
            let busy = StoreError.unavailable(reason: "another process keeps the database busy")
            await #expect(throws: busy) { try await store.checkWritable() }
            // Many at once wait no longer than one.
            await withTaskGroup { group in
                for number in 1..<40 {
                    group.addTask {
                        await #expect(throws: busy) { try await store.insertWhole(.numbered(number)) }
                    }
                }
            }
            #expect(try await store.wholeCheckouts() == known)
            try touch(place.directory + "/enough")
            _ = await other
            try await store.checkWritable()
            for number in 1..<40 { try await store.insertWhole(.numbered(number)) }
            #expect(try await store.wholeCheckouts().count == 40)
            await store.close()
        }
    }

    @Test(arguments: [false, true])
    func `without the index of its log loses nothing`(_ isReplaced: Bool) async throws {
        try await withPlace { place in
            let path = place.directory + "/kassa.db"
            let first = try SQLiteStore(path: path, vault: .forTests)
            for number in 0..<5 { try await first.insertWhole(.numbered(number)) }
            let known = try await first.wholeCheckouts()
            let copy = try copyFiles(of: place.directory, into: place.directory)
            await first.close()
            if isReplaced { try Data(repeating: 0x5A, count: 32_768).write(to: URL(filePath: copy + "-shm")) }
            let store = try SQLiteStore(path: copy, vault: .forTests)
            #expect(try await store.wholeCheckouts() == known)
            try await store.insertWhole(.numbered(5))
            await store.close()
        }
    }
}

extension SQLiteStore {
    /// Writes until there is no more room, and goes on when there is.
    fileprivate func fillAndRecover(fill: () throws -> Void, makeRoom: () throws -> Void) async throws {
        for number in 0..<5 { try await insertWhole(.numbered(number)) }
        let known = try await wholeCheckouts()
        try fill()
        for _ in 0..<2 {
            let refused = await withTaskGroup(of: StoreError?.self) { group in
                for number in 5..<30 {
                    group.addTask {
                        do throws(StoreError) {
                            try await self.insertWhole(.numbered(number))
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                return await group.reduce(into: [StoreError?]()) { $0.append($1) }
            }
            for error in refused {
                try #require(error?.isUnavailable == true)
                try #require(
                    error?.reason.contains("disk is full") == true || error?.reason.contains("writing") == true
                )
            }
            let check = await #expect(throws: StoreError.self) { try await self.checkWritable() }
            try #require(check?.isUnavailable == true)
            try #require(try await wholeCheckouts() == known)
        }
        try makeRoom()
        try await checkWritable()
        for number in 5..<30 { try await insertWhole(.numbered(number)) }
        try #require(try await wholeCheckouts().count == 30)
    }
}

/// A file system in memory that holds little.
private struct SmallDisk {
    let path: String

    static let isAllowed: Bool = {
        guard geteuid() == 0 else { return false }
        let path = FileManager.default.temporaryDirectory.path(percentEncoded: false) + "/kassa-mount-\(UUID())"
        defer { unsafe rmdir(path) }
        guard let disk = try? SmallDisk(at: path, bytes: 1 << 16) else { return false }
        disk.remove()
        return true
    }()

    init(at path: String, bytes: Int) throws {
        self.path = path
        guard unsafe mkdir(path, 0o700) == 0 else { throw Unable() }
        let options = "size=\(bytes)"
        let code = unsafe options.withCString { unsafe mount("kassa", path, "tmpfs", 0, $0) }
        guard code == 0 else { throw Unable() }
    }

    func fill() throws {
        let file = unsafe open(path + "/ballast", O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else { throw Unable() }
        defer { close(file) }
        let bytes = [UInt8](repeating: 1, count: 4096)
        while unsafe write(file, bytes, bytes.count) > 0 {}
    }

    func makeRoom() throws { guard unsafe unlink(path + "/ballast") == 0 else { throw Unable() } }

    func remove() { unsafe umount2(path, CInt(MNT_DETACH)) }
}

private struct Unable: Error {}

private func touch(_ path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil) else { throw Unable() }
}

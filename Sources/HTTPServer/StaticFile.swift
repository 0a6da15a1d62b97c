import HTTPMessage
import HTTPTypes
import Synchronization

/// A file with its twin in gzip, if it has one.
final class StaticFile: Sendable {
    /// How long what is held in memory is believed to be what lies on the disk.
    private static let trust = Duration.seconds(1)

    private let versions: [FileVersion]
    private let identity: FileRepresentation
    private let gzip: FileRepresentation?
    /// When it was last seen to be what lies on the disk, and when somebody last set out to see. In nanoseconds.
    private let checked: Atomic<UInt64>
    private let asked: Atomic<UInt64>

    /// Takes a file and the `twin` that lies beside it, as far as they are small, into memory; without a twin, makes one
    /// where it pays. Nil when they cannot be read. Blocks.
    init?(_ file: OpenFile, twin: OpenFile?, name: String, cacheControl: String, limits: ServerLimits, now: HTTPDate) {
        guard let content = FileContent(file, cachedFileBytesMax: limits.cachedFileBytesMax) else { return nil }
        let contentType = ContentType(fileName: name)
        let facts = FileFacts(
            contentType: contentType.text,
            // RFC 9110 8.8.2.1: never later than the answer itself.
            lastModified: min(HTTPDate(unixSeconds: file.version.modified.seconds), now),
            cacheControl: Fingerprint.isIn(fileName: name) ? "public, max-age=31536000, immutable" : cacheControl,
            variesByCoding: twin != nil || contentType.isCompressible,
        )
        identity = FileRepresentation(content, facts)
        if let twin {
            guard let coded = FileContent(twin, cachedFileBytesMax: limits.cachedFileBytesMax) else { return nil }
            gzip = FileRepresentation(coded, facts, coding: "gzip")
        } else if contentType.isCompressible, case .memory(let bytes) = content, let coded = Gzip.compress(bytes) {
            gzip = FileRepresentation(.memory(coded), facts, coding: "gzip")
        } else {
            gzip = nil
        }
        versions = [file.version] + (twin.map { [$0.version] } ?? [])
        checked = Atomic(Moment.now.nanoseconds)
        asked = Atomic(Moment.now.nanoseconds)
    }

    /// What it takes of a cache.
    var bytesInMemory: Int { identity.bytesInMemory + (gzip?.bytesInMemory ?? 0) }
    var openFiles: Int { identity.openFiles + (gzip?.openFiles ?? 0) }

    /// Answers GET or HEAD in the coding that the client likes best.
    func answer(_ request: Request, rangesMax: Int) -> FileAnswer {
        let now = HTTPDate(unixSeconds: Moment.unixSeconds)
        // RFC 9110 14.2: the bytes of a range are those of the coding that is sent. Their tag tells them from the others.
        if let gzip, AcceptEncoding(request[.acceptEncoding]).prefersGzip {
            return gzip.answer(request, now: now, rangesMax: rangesMax)
        }
        return identity.answer(request, now: now, rangesMax: rangesMax)
    }
}

// MARK: - Trust

extension StaticFile {
    /// Whether it was made of these very files; it is then believed again.
    func isStill(_ file: OpenFile, twin: OpenFile?) -> Bool {
        guard versions == [file.version] + (twin.map { [$0.version] } ?? []) else { return false }
        checked.store(Moment.now.nanoseconds, ordering: .relaxed)
        return true
    }

    /// Whether it is known to be what lies on the disk.
    func isFresh(at now: Moment) -> Bool {
        now < moment(checked).advanced(by: Self.trust)
    }

    /// Whether it may be served without a look at the disk. For a while after the trust has run out only the first who asks
    /// has to look, and the others are spared the wait.
    func isServed(at now: Moment) -> Bool {
        if isFresh(at: now) { return true }
        guard now < moment(checked).advanced(by: Self.trust * 2) else { return false }
        let before = asked.load(ordering: .relaxed)
        guard Moment(nanoseconds: before).advanced(by: Self.trust) <= now else { return true }
        return !asked.compareExchange(expected: before, desired: now.nanoseconds, ordering: .relaxed).exchanged
    }

    private func moment(_ stored: borrowing Atomic<UInt64>) -> Moment {
        Moment(nanoseconds: stored.load(ordering: .relaxed))
    }
}

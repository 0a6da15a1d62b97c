import HTTPMessage
import HTTPTypes

/// The files below a directory: small ones from memory, large ones from the disk.
///
/// Names that begin with a dot, symbolic links and everything outside are not there. Files of text are sent in gzip to those
/// who take it: `name.gz` beside `name`, if it is no older, or else what is made of a small file once. Files whose name holds
/// a fingerprint of their content (``Fingerprint``) may be kept for ever.
public final class StaticFiles: Sendable {
    /// The directory cannot be opened.
    public struct OpenError: Error, CustomStringConvertible {
        public let path: String
        public let reason: String
        public var description: String { "cannot serve files from \(path): \(reason)" }
    }

    private let directory: Directory
    private let index: String
    private let cacheControl: String
    private let limits: ServerLimits
    private let cache: FileCache

    /// A path that ends in `/` stands for the file `index` in it. `cacheControl` says how long an answer may be kept where no
    /// fingerprint does; by default it is asked for again each time, and answered 304.
    /// Of `limits` those count that speak of files and ranges.
    public init(
        directory: String,
        index: String = "index.html",
        cacheControl: String = "no-cache",
        limits: ServerLimits = .init(),
    ) throws(OpenError) {
        do throws(SystemError) {
            self.directory = try Directory(path: directory)
        } catch {
            throw OpenError(path: directory, reason: error.description)
        }
        self.index = index
        self.cacheControl = cacheControl
        self.limits = limits
        cache = FileCache(bytesMax: limits.fileCacheBytesMax, openFilesMax: limits.openFilesMax)
    }

    /// Answers GET or HEAD from memory; nil when the disk has to be asked.
    func answerAtOnce(_ request: Request) -> FileAnswer? {
        guard request.method == .get || request.method == .head, let key = key(request.path), let file = cache[key],
            file.isServed(at: .now)
        else { return nil }
        return file.answer(request, rangesMax: limits.rangesMax)
    }

    /// Answers GET or HEAD; nil when there is no such file.
    func answer(_ request: Request) async -> FileAnswer? {
        guard let key = key(request.path), let segments = segments(request.path) else { return nil }
        if let answer = answerFresh(request, key) { return answer }
        return await BlockingPool.shared.run {
            // Whoever asked for it a moment ago may have brought it.
            self.answerFresh(request, key) ?? self.find(request, key, segments)
        }
    }

    /// Whether a GET of `path` would find something.
    func holds(_ path: String) async -> Bool {
        guard let segments = segments(path) else { return false }
        return await BlockingPool.shared.run {
            switch self.directory.find(segments) {
            case .file, .directory, .unavailable: true
            case .nothing: false
            }
        }
    }
}

// MARK: - Names

extension StaticFiles {
    /// The names that lead to a file; nil when one of them is never served.
    private func segments(_ path: String) -> [String]? {
        var segments: [String] = []
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for part in parts.dropLast(parts.last == "" ? 1 : 0) {
            // Decoded once, and judged after it: what still looks like an escape then is a name.
            // Bytes are judged, not characters: a dot with an accent on it begins with a dot all the same.
            guard let name = PercentEncoding.decode(part), let first = name.utf8.first, first != UInt8(ascii: "."),
                name.utf8.count <= 255, !name.utf8.contains(where: Self.isNeverInNames)
            else { return nil }
            segments.append(name)
        }
        if parts.last == "" { segments.append(index) }
        return segments
    }

    /// A backslash is a letter here and a slash elsewhere, so somebody on the way may have read another path.
    private static func isNeverInNames(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") || byte < 0x20 || byte == 0x7F
    }

    /// What a file is held under, in ASCII: names that differ in their bytes alone are two files to the system, and one
    /// string to Swift. However a letter is escaped, it is one file. Nil when it is never served.
    private func key(_ path: String) -> String? {
        guard path.utf8.contains(UInt8(ascii: "%")) else { return path }
        return segments(path).map { "/" + $0.map { PercentEncoding.encode($0) }.joined(separator: "/") }
    }
}

// MARK: - The disk

extension StaticFiles {
    private func answerFresh(_ request: Request, _ key: String) -> FileAnswer? {
        guard let file = cache[key], file.isFresh(at: .now) else { return nil }
        return file.answer(request, rangesMax: limits.rangesMax)
    }

    /// Looks at the disk. Blocks.
    private func find(_ request: Request, _ key: String, _ segments: [String]) -> FileAnswer? {
        switch directory.find(segments) {
        case .file(let file):
            return load(file, key, segments)?.answer(request, rangesMax: limits.rangesMax) ?? .refuse(.unreadable)
        case .directory:
            cache.remove(key)
            guard !request.path.hasSuffix("/") else { return nil }
            // Relative addresses in the index only work below the slash. The path has no empty segment, so no host begins it.
            let query = request.query.map { "?" + $0 } ?? ""
            return .send(Response(.movedPermanently, fields: [.location: request.path + "/" + query]))
        case .nothing:
            cache.remove(key)
            return nil
        case .unavailable:
            // What it was is better than nothing.
            return cache[key]?.answer(request, rangesMax: limits.rangesMax) ?? .refuse(.unreadable)
        }
    }

    /// Brings `file` into memory, unless it is there already. Blocks.
    private func load(_ file: OpenFile, _ key: String, _ segments: [String]) -> StaticFile? {
        let twin = twin(of: file, segments)
        if let held = cache[key], held.isStill(file, twin: twin) { return held }
        let loaded = StaticFile(
            file,
            twin: twin,
            name: segments.last ?? index,
            cacheControl: cacheControl,
            limits: limits,
            now: HTTPDate(unixSeconds: Moment.unixSeconds),
        )
        if let loaded { cache.store(loaded, at: key) }
        return loaded
    }

    /// The file beside `file` with the same content in gzip. One that is older was made of another content. Blocks.
    private func twin(of file: OpenFile, _ segments: [String]) -> OpenFile? {
        guard let name = segments.last, name.utf8.count <= 252,
            case .file(let twin) = directory.find(segments.dropLast() + [name + ".gz"]),
            twin.version.modified >= file.version.modified, twin.version.size < file.version.size,
            let start = twin.part(0..<min(3, twin.version.size)).read(), Gzip.isBegun(by: start)
        else { return nil }
        return twin
    }
}

extension Refusal {
    fileprivate static let unreadable = Refusal(
        .serviceUnavailable,
        "The file cannot be read now.",
        fields: [.retryAfter: "1"],
    )
}

import HTTPMessage
import HTTPTypes

/// The files below a directory: small ones from memory, large ones piece by piece from the disk.
///
/// Names that begin with a dot, symbolic links and everything outside are not there.
public final class StaticFiles: Sendable {
    /// The directory cannot be opened.
    public struct OpenError: Error, CustomStringConvertible {
        public let path: String
        public let reason: String
        public var description: String { "cannot serve files from \(path): \(reason)" }
    }

    private static let cachedFileBytesMax = 128 * 1024
    private static let pieceBytes = 256 * 1024
    /// How long a file in memory is believed to be what lies on the disk.
    private static let trust = Duration.seconds(1)

    private let directory: Directory
    private let index: String
    private let cacheControl: String
    private let cache = FileCache(bytesMax: 16 * 1024 * 1024)
    private let pool = BlockingPool()

    /// A path that ends in `/` stands for the file `index` in it. `cacheControl` says how long an answer may be kept; by
    /// default it is asked for again each time, and answered 304.
    public init(directory: String, index: String = "index.html", cacheControl: String = "no-cache") throws(OpenError) {
        do throws(SystemError) {
            self.directory = try Directory(path: directory)
        } catch {
            throw OpenError(path: directory, reason: error.description)
        }
        self.index = index
        self.cacheControl = cacheControl
    }

    /// Answers GET or HEAD from memory; nil when the disk has to be asked.
    func answerAtOnce(_ request: Request) -> Response? {
        guard request.method == .get || request.method == .head, let file = cache[request.path],
            Moment.now < file.checked.advanced(by: Self.trust)
        else { return nil }
        return Self.answer(request, file, now: HTTPDate(unixSeconds: Moment.unixSeconds))
    }

    /// Answers GET or HEAD; nil when there is no such file.
    func answer(_ request: Request) async -> Response? {
        if let response = answerAtOnce(request) { return response }
        guard let segments = segments(request.path) else { return nil }
        return await pool.run { self.answer(request, segments) }
    }

    /// Whether a GET of `path` would find something.
    func holds(_ path: String) async -> Bool {
        guard let segments = segments(path) else { return false }
        return await pool.run {
            switch self.directory.find(segments) {
            case .file: true
            case .directory: true
            case .nothing: false
            }
        }
    }

    /// The names that lead to a file; nil when one of them is never served.
    private func segments(_ path: String) -> [String]? {
        var segments: [String] = []
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for part in parts.dropLast(parts.last == "" ? 1 : 0) {
            // Decoded once, and judged after it: what still looks like an escape then is a name.
            guard let name = PercentEncoding.decode(part), !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 255,
                !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
            else { return nil }
            segments.append(name)
        }
        if parts.last == "" { segments.append(index) }
        return segments
    }

    /// Blocks.
    private func answer(_ request: Request, _ segments: [String]) -> Response? {
        let now = HTTPDate(unixSeconds: Moment.unixSeconds)
        switch directory.find(segments) {
        case .file(let file):
            return answer(request, file, name: segments.last ?? index, now: now)
        case .directory:
            cache.remove(request.path)
            // Relative addresses in the index only work below the slash. The path has no empty segment, so no host begins it.
            return Response(.movedPermanently, fields: [.location: request.path + "/"])
        case .nothing:
            cache.remove(request.path)
            return nil
        }
    }

    private func answer(_ request: Request, _ file: consuming Directory.File, name: String, now: HTTPDate) -> Response?
    {
        let version = file.version
        if var cached = cache[request.path], cached.version == version {
            cached.checked = .now
            cache.store(cached, at: request.path)
            return Self.answer(request, cached, now: now)
        }
        let representation = FileRepresentation(fileName: name, version: version, cacheControl: cacheControl, now: now)
        guard file.size > Self.cachedFileBytesMax else {
            guard let bytes = file.descriptor.read(at: 0, count: file.size) else { return nil }
            let cached = CachedFile(bytes: bytes, version: version, representation: representation, checked: .now)
            cache.store(cached, at: request.path)
            return Self.answer(request, cached, now: now)
        }
        switch representation.answer(request, now: now) {
        case .head(let response):
            return response
        case .part(var response, let range):
            response.body = stream(OpenFile(file), range)
            return response
        }
    }

    private static func answer(_ request: Request, _ file: CachedFile, now: HTTPDate) -> Response {
        switch file.representation.answer(request, now: now) {
        case .head(let response):
            return response
        case .part(var response, let range):
            response.body = .bytes(range.count == file.bytes.count ? file.bytes : Array(file.bytes[range]))
            return response
        }
    }

    private func stream(_ file: OpenFile, _ range: Range<Int>) -> Response.Body {
        .stream(length: range.count) { [pool] write in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let start = offset
                let count = min(Self.pieceBytes, range.upperBound - start)
                guard let piece = await pool.run({ file.descriptor.read(at: start, count: count) }) else {
                    throw FileChanged()
                }
                try await write(piece)
                offset += count
            }
        }
    }
}

/// The file became shorter while it was sent: the answer cannot be completed.
private struct FileChanged: Error {}

/// Keeps a file open as long as an answer reads it.
private final class OpenFile: Sendable {
    let descriptor: Descriptor

    init(_ file: consuming Directory.File) {
        descriptor = file.descriptor
    }
}

import HTTPMessage
import HTTPTypes

/// What comes of a request for a file.
enum FileAnswer: Sendable {
    case send(Response)
    case refuse(Refusal)
}

/// A file in one coding: its bytes, and what HTTP says about them.
struct FileRepresentation: Sendable {
    private let content: FileContent
    private let contentType: String
    private let isCoded: Bool
    private let validators: Validators
    /// `Vary`, or nothing.
    private let varyFields: HTTPFields
    /// What RFC 9110 15.4.5 wants in a 304.
    private let unchangedFields: HTTPFields
    private let fields: HTTPFields

    init(_ content: FileContent, _ facts: FileFacts, coding: String? = nil) {
        self.content = content
        contentType = facts.contentType
        isCoded = coding != nil
        let tag = EntityTag(opaque: coding.map { "\(content.tag)-\($0)" } ?? content.tag)
        validators = Validators(
            entityTag: tag,
            lastModified: facts.lastModified,
            dateIsOfOne: !facts.variesByCoding,
        )
        varyFields = facts.variesByCoding ? [.vary: "Accept-Encoding"] : [:]
        var fields = varyFields
        fields[.eTag] = validators.entityTag.description
        fields[.lastModified] = validators.lastModified.description
        fields[.cacheControl] = facts.cacheControl
        unchangedFields = fields
        fields[.acceptRanges] = "bytes"
        fields[.contentType] = contentType
        fields[.contentEncoding] = coding
        self.fields = fields
    }

    /// What it takes of a cache.
    var bytesInMemory: Int {
        if case .memory(let bytes) = content { bytes.count } else { 0 }
    }

    var openFiles: Int {
        if case .disk = content { 1 } else { 0 }
    }

    /// Answers GET or HEAD: conditions first, then the range (RFC 9110 13.2.2).
    func answer(_ request: Request, now: HTTPDate, rangesMax: Int) -> FileAnswer {
        switch validators.outcome(for: request, now: now) {
        case .notModified: return .send(Response(.notModified, fields: unchangedFields))
        case .failed:
            return .refuse(Refusal(.preconditionFailed, "The file is another one by now.", fields: varyFields))
        case .proceed: break
        }
        // RFC 9110 14.2: a range means something for GET only.
        guard request.method == .get, let asked = request[.range], validators.allowsRange(for: request, now: now) else {
            return .send(whole)
        }
        switch ByteRanges(asked, length: content.count, rangesMax: rangesMax) {
        case .whole:
            return .send(whole)
        case .parts(let parts):
            return .send(answer(parts))
        case .unsatisfiable:
            var fields = varyFields
            fields[.contentRange] = "bytes */\(content.count)"
            return .refuse(Refusal(.rangeNotSatisfiable, "The file has no such bytes.", fields: fields))
        }
    }

    private var whole: Response {
        Response(.ok, fields: fields, body: content.body(0..<content.count))
    }

    private func answer(_ parts: [Range<Int>]) -> Response {
        var response = Response(.partialContent, fields: fields)
        if parts.count == 1 {
            response.fields[.contentRange] = parts[0].contentRange(of: content.count)
            response.body = content.body(parts[0])
            return response
        }
        // Nothing says of one part of a body that it is coded, and of the whole body it would not be true.
        guard !isCoded else { return whole }
        let multipart = MultipartRanges(parts, of: content.count, contentType: contentType)
        response.fields[.contentType] = multipart.contentType
        response.body = multipart.body(of: content)
        return response
    }
}

/// What is true of a file in whichever coding.
struct FileFacts {
    let contentType: String
    let lastModified: HTTPDate
    let cacheControl: String
    /// Whether there is more than one coding, or will be once the file grows.
    let variesByCoding: Bool
}

extension Range<Int> {
    /// `Content-Range` for these bytes of a representation of `length`.
    func contentRange(of length: Int) -> String {
        "bytes \(lowerBound)-\(upperBound - 1)/\(length)"
    }
}

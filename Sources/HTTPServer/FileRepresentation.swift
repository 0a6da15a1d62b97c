import HTTPMessage
import HTTPTypes

/// What HTTP says about one file, whoever holds its bytes.
struct FileRepresentation: Sendable {
    let contentType: String
    let length: Int
    let validators: Validators
    let cacheControl: String

    /// What is to be sent of it.
    enum Answer {
        case head(Response)
        case part(Response, Range<Int>)
    }

    init(fileName: String, version: Directory.Version, cacheControl: String, now: HTTPDate) {
        let tag = [
            version.inode, UInt64(version.size), UInt64(bitPattern: Int64(version.seconds)),
            UInt64(version.nanoseconds),
        ]
        contentType = ContentType.of(fileName: fileName)
        length = version.size
        validators = Validators(
            entityTag: EntityTag(opaque: tag.map { String($0, radix: 36) }.joined(separator: "-")),
            // RFC 9110 8.8.2.1: never later than the answer itself.
            lastModified: min(HTTPDate(unixSeconds: version.seconds), now),
        )
        self.cacheControl = cacheControl
    }

    /// Answers GET or HEAD: conditions first, then the range.
    func answer(_ request: Request, now: HTTPDate) -> Answer {
        var fields: HTTPFields = [
            .eTag: validators.entityTag.description,
            .lastModified: validators.lastModified.description,
            .cacheControl: cacheControl,
            .acceptRanges: "bytes",
        ]
        switch validators.outcome(for: request, now: now) {
        case .notModified: return .head(Response(.notModified, fields: fields))
        case .failed: return .head(Response(.preconditionFailed, fields: fields))
        case .proceed: break
        }
        fields[.contentType] = contentType
        // RFC 9110 14.2: a range means something for GET only.
        let asked = request.method == .get && validators.allowsRange(for: request, now: now) ? request[.range] : nil
        switch ByteRange(asked, length: length) {
        case .whole:
            return .part(Response(.ok, fields: fields), 0..<length)
        case .part(let range):
            fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)"
            return .part(Response(.partialContent, fields: fields), range)
        case .unsatisfiable:
            fields[.contentType] = nil
            fields[.contentRange] = "bytes */\(length)"
            return .head(Response(.rangeNotSatisfiable, fields: fields))
        }
    }
}

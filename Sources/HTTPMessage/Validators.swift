import HTTPTypes

/// A strong entity tag, quotes included (RFC 9110 8.8.3).
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// - Parameter opaque: visible ASCII without quotes.
    public init(opaque: String) {
        description = "\"\(opaque)\""
    }
}

/// What a request's conditions come to for one representation (RFC 9110 13).
public enum PreconditionOutcome: Sendable, Equatable {
    case proceed
    /// Answer 304.
    case notModified
    /// Answer 412.
    case failed
}

/// The representation that conditions are compared with.
public struct Validators: Sendable, Equatable {
    public let entityTag: EntityTag
    public let lastModified: HTTPDate
    /// Whether the date may stand for the representation. It cannot where another coding has the same (RFC 9110 8.8.1).
    private let dateIsOfOne: Bool

    public init(entityTag: EntityTag, lastModified: HTTPDate, dateIsOfOne: Bool = true) {
        self.entityTag = entityTag
        self.lastModified = lastModified
        self.dateIsOfOne = dateIsOfOne
    }

    /// Judges a GET or HEAD in the order of RFC 9110 13.2.2. A date that cannot be read is no condition.
    public func outcome(for request: Request, now: HTTPDate) -> PreconditionOutcome {
        if let tags = request[.ifMatch] {
            guard Self.matches(tags, entityTag, weakly: false) else { return .failed }
        } else if let since = request[.ifUnmodifiedSince].flatMap({ HTTPDate($0, now: now) }) {
            guard lastModified <= since else { return .failed }
        }
        if let tags = request[.ifNoneMatch] {
            return Self.matches(tags, entityTag, weakly: true) ? .notModified : .proceed
        }
        // Nobody can have seen what will be there in the future.
        if let since = request[.ifModifiedSince].flatMap({ HTTPDate($0, now: now) }), since <= now {
            return lastModified <= since ? .notModified : .proceed
        }
        return .proceed
    }

    /// Whether `If-Range` lets a range be answered; without the field it does.
    ///
    /// A date has to be exactly the same, and past: what changed in this very second may change in it once more
    /// (RFC 9110 8.8.2.2).
    public func allowsRange(for request: Request, now: HTTPDate) -> Bool {
        guard let condition = request[.ifRange] else { return true }
        if condition.hasPrefix("\"") { return condition == entityTag.description }
        return dateIsOfOne && lastModified < now && HTTPDate(condition, now: now) == lastModified
    }

    /// Whether a list of tags, or `*`, names `tag`.
    private static func matches(_ list: String, _ tag: EntityTag, weakly: Bool) -> Bool {
        var rest = Substring(list).drop(while: isSeparator)
        if rest == "*" { return true }
        while !rest.isEmpty {
            let isWeak = rest.hasPrefix("W/")
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return false }
            if rest[...end] == tag.description, weakly || !isWeak { return true }
            rest = rest[end...].dropFirst().drop(while: isSeparator)
        }
        return false
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character == "," || character == " " || character == "\t"
    }
}

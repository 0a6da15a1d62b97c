import HTTPMessage
import HTTPTypes

/// A finished ``Router``, as the connections ask it.
///
/// A class: to copy a ``Router`` is to count a reference to each of its parts, and all loops would do so on the same
/// counters for every request.
final class Routing: Sendable {
    /// What is to be done about a head.
    enum Decision {
        case run(Route, PathParameters)
        case serveFile
        case refuse(Refusal)
        case allow([HTTPRequest.Method])
    }

    private let render: @Sendable (Refusal, Request?) -> Response
    private let tree: RouteTree
    private let literals: [String: [HTTPRequest.Method: Route]]
    private let files: [StaticFiles]
    private let changes: [@Sendable (inout Response, Request?) -> Void]
    /// What every answer says that does not say it itself; written when its head is.
    let commonFields: CommonFields

    init(_ router: Router) {
        render = router.render
        tree = router.tree
        literals = router.literals
        files = router.files
        changes = router.changes
        commonFields = router.commonFields
    }

    func decide(_ method: HTTPRequest.Method, _ path: String) -> Decision {
        if let route = literals[path]?[method] { return .run(route, PathParameters(pairs: [])) }
        guard Self.knownMethods.contains(method) else {
            return .refuse(Refusal(.notImplemented, "This server does not know the method."))
        }
        guard path != "*" else { return .allow(Self.sorted(tree.methods)) }
        guard let segments = Self.segments(path) else {
            return .refuse(Refusal(.badRequest, "The path is no UTF-8."))
        }
        guard let (routes, values) = tree.find(segments[...]) else {
            return files.isEmpty ? .refuse(.notFound) : .serveFile
        }
        guard let route = routes[method] ?? (method == .head ? routes[.get] : nil) else {
            let allow = Self.sorted(Set(routes.keys))
            return method == .options ? .allow(allow) : .refuse(.methodNotAllowed(allow))
        }
        return .run(route, PathParameters(pairs: Array(zip(route.parameterNames, values).map { ($0, $1) })))
    }

    /// Runs a route to its answer; nil when the handler wants the connection closed without one. Any other error of the
    /// handler becomes a refusal, after `report` heard of it.
    func run(
        _ route: Route,
        _ request: Request,
        _ parameters: PathParameters,
        report: (any Error) -> Void,
    ) async -> Response? {
        switch route.action {
        case .fast(let handler):
            return finish(handler(request, parameters), request)
        case .handler(let handler):
            do {
                return finish(try await handler(request, parameters), request)
            } catch is ConnectionAbort {
                return nil
            } catch {
                report(error)
                return refuse(Refusal(.internalServerError, "Something went wrong on our side."), request)
            }
        }
    }

    /// The answer from memory; nil when the disk has to be asked.
    func serveFileAtOnce(_ request: Request) -> Response? {
        guard files.count == 1 else { return nil }
        return files[0].answerAtOnce(request).map { finish($0, request) }
    }

    func serveFile(_ request: Request) async -> Response {
        for directory in files {
            guard request.method == .get || request.method == .head else {
                guard await directory.holds(request.path) else { continue }
                let methods = Self.sorted([.get])
                return request.method == .options
                    ? allow(methods, request) : refuse(.methodNotAllowed(methods), request)
            }
            if let answer = await directory.answer(request) { return finish(answer, request) }
        }
        return refuse(.notFound, request)
    }

    func refuse(_ refusal: Refusal, _ request: Request?) -> Response {
        var response = render(refusal, request)
        if !refusal.allow.isEmpty { response.fields[.allow] = Self.list(refusal.allow) }
        for field in refusal.fields { response.fields[field.name] = field.value }
        return finish(response, request)
    }

    func allow(_ methods: [HTTPRequest.Method], _ request: Request?) -> Response {
        finish(Response(.noContent, fields: [.allow: Self.list(methods)]), request)
    }

    func finish(_ response: Response, _ request: Request?) -> Response {
        var response = response
        for change in changes {
            change(&response, request)
        }
        return response
    }

    /// Answers a request that came over no wire. The common fields are left to the caller.
    func answer(_ request: Request) async -> Response {
        switch decide(request.method, request.path) {
        case .run(let route, let parameters):
            let isTooLong = route.wantsBody(of: request.method) && request.body.count > route.bodyBytesMax
            guard !isTooLong else { return refuse(.bodyTooLong, request) }
            // Here is no connection to close.
            return await run(route, request, parameters) { _ in }
                ?? refuse(Refusal(.internalServerError, "Something went wrong on our side."), request)
        case .serveFile:
            return await serveFile(request)
        case .refuse(let refusal):
            return refuse(refusal, request)
        case .allow(let methods):
            return allow(methods, request)
        }
    }

    private func finish(_ answer: FileAnswer, _ request: Request) -> Response {
        switch answer {
        case .send(let response): finish(response, request)
        case .refuse(let refusal): refuse(refusal, request)
        }
    }

    /// The decoded segments of a path; nil when one is no UTF-8. The parser has seen to well-formed escapes.
    private static func segments(_ path: String) -> [String]? {
        // By bytes: finding the characters of a string takes ten times as long.
        let bytes = Array(path.utf8)
        var segments: [String] = []
        segments.reserveCapacity(8)
        var start = 1
        for end in bytes.indices.dropFirst() where bytes[end] == UInt8(ascii: "/") {
            guard let segment = decoded(bytes[start..<end]) else { return nil }
            segments.append(segment)
            start = end + 1
        }
        guard let last = decoded(bytes.dropFirst(start)) else { return nil }
        segments.append(last)
        return segments
    }

    private static func decoded(_ segment: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: segment, as: UTF8.self)
        return segment.contains(UInt8(ascii: "%")) ? PercentEncoding.decode(text[...]) : text
    }

    private static let knownMethods: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]

    /// HEAD comes with GET, OPTIONS with everything.
    private static func sorted(_ methods: Set<HTTPRequest.Method>) -> [HTTPRequest.Method] {
        var methods = methods.union([.options])
        if methods.contains(.get) { methods.insert(.head) }
        return methods.sorted { $0.rawValue < $1.rawValue }
    }

    private static func list(_ methods: [HTTPRequest.Method]) -> String {
        methods.map(\.rawValue).joined(separator: ", ")
    }
}

extension Refusal {
    static let notFound = Refusal(.notFound, "There is nothing at this address.")
    /// RFC 9110 7.4: an address of https is answered only where the connection is one of https.
    static let misdirected = Refusal(.misdirectedRequest, "This connection is not secure, as the address demands.")
    static let bodyTooLong = Refusal(.contentTooLarge, "The body is longer than this address takes.")

    static func methodNotAllowed(_ allow: [HTTPRequest.Method]) -> Refusal {
        Refusal(.methodNotAllowed, "This address does not know the method.", allow: allow)
    }
}

public import HTTPMessage
public import HTTPTypes

/// Answers one request. It runs on the thread of its connection's loop, so it must never block.
public typealias Handler = @Sendable (Request, PathParameters) async throws -> Response
/// Answers one request at once, without ever suspending.
public typealias FastHandler = @Sendable (Request, PathParameters) -> Response

/// The table of routes, and what happens where it has none.
///
/// A known path with another method is refused with 405 and `Allow`, an unknown one with 404, a method nobody has heard of
/// with 501. `OPTIONS` is answered for every known path, `HEAD` wherever `GET` is.
public struct Router: Sendable {
    private let render: @Sendable (Refusal, Request?) -> Response
    private var tree = RouteTree()
    /// The routes without parameters by their whole path: most requests need no more than one look.
    private var literals: [String: [HTTPRequest.Method: Route]] = [:]
    private var files: [StaticFiles] = []
    private var changes: [@Sendable (inout Response, Request?) -> Void] = []

    /// What is to be done about a head.
    enum Decision {
        case run(Route, PathParameters)
        case serveFile
        case refuse(Refusal)
        case allow([HTTPRequest.Method])
    }

    /// `refuse` renders a refusal; its request is nil when not even the head could be read.
    public init(refuse: @escaping @Sendable (Refusal, Request?) -> Response) {
        render = refuse
    }

    /// Adds a route. `pattern` is a path with whole segments as parameters: `/v1/checkouts/{id}/events`. A literal segment
    /// wins over a parameter. A body longer than `bodyBytesMax` is refused with 413 before it is read.
    public mutating func on(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        bodyBytesMax: Int = 0,
        _ handler: @escaping Handler,
    ) {
        insert(.handler(handler), method, pattern, bodyBytesMax)
    }

    /// Adds a route that is answered without starting a task. It takes no body.
    public mutating func onFast(_ method: HTTPRequest.Method, _ pattern: String, _ handler: @escaping FastHandler) {
        insert(.fast(handler), method, pattern, 0)
    }

    /// Serves files for GET and HEAD where no route matches; directories are asked in the order they were added.
    public mutating func files(_ files: StaticFiles) {
        self.files.append(files)
    }

    /// Changes every answer before it leaves: those of routes, files and refusals. Later changes see the earlier ones.
    public mutating func afterwards(_ change: @escaping @Sendable (inout Response, Request?) -> Void) {
        changes.append(change)
    }

    /// Answers a request that came over no wire, as the server would; limits of bodies included.
    public func answer(_ request: Request) async -> Response {
        switch decide(request.method, request.path) {
        case .run(let route, let parameters):
            guard request.body.count <= route.bodyBytesMax else { return refuse(.bodyTooLong, request) }
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

    private mutating func insert(_ action: Route.Action, _ method: HTTPRequest.Method, _ pattern: String, _ max: Int) {
        precondition(pattern.hasPrefix("/"), "the pattern \(pattern) does not begin with /")
        let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let names = segments.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        let route = Route(action: action, pattern: pattern, bodyBytesMax: max, parameterNames: names)
        tree.insert(route, method, segments[...])
        if names.isEmpty { literals[pattern, default: [:]][method] = route }
    }
}

// MARK: - What the connection asks

extension Router {
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
            if let response = await directory.answer(request) { return finish(response, request) }
        }
        return refuse(.notFound, request)
    }

    func refuse(_ refusal: Refusal, _ request: Request?) -> Response {
        var response = render(refusal, request)
        if !refusal.allow.isEmpty { response.fields[.allow] = Self.list(refusal.allow) }
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

    /// The decoded segments of a path; nil when one is no UTF-8. The parser has seen to well-formed escapes.
    private static func segments(_ path: String) -> [String]? {
        var segments: [String] = []
        for segment in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard segment.utf8.contains(UInt8(ascii: "%")) else {
                segments.append(String(segment))
                continue
            }
            guard let decoded = PercentEncoding.decode(segment) else { return nil }
            segments.append(decoded)
        }
        return segments
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
    static let bodyTooLong = Refusal(.contentTooLarge, "The body is longer than this address takes.")

    static func methodNotAllowed(_ allow: [HTTPRequest.Method]) -> Refusal {
        Refusal(.methodNotAllowed, "This address does not know the method.", allow: allow)
    }
}

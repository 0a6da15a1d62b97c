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
    let render: @Sendable (Refusal, Request?) -> Response
    private(set) var tree = RouteTree()
    /// The routes without parameters by their whole path: most requests need no more than one look.
    private(set) var literals: [String: [HTTPRequest.Method: Route]] = [:]
    private(set) var files: [StaticFiles] = []
    private(set) var changes: [@Sendable (inout Response, Request?) -> Void] = []
    /// What every answer says that does not say it itself.
    private(set) var commonFields = CommonFields.none

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

    /// Lets every answer say `fields`, those of routes, files and refusals, unless it says a field of that name itself. They
    /// are written out once, so this costs less than to set them ``afterwards(_:)``.
    public mutating func always(_ fields: HTTPFields) {
        commonFields = CommonFields(commonFields.fields + fields)
    }

    /// Answers a request that came over no wire, as the server would; limits of bodies included.
    public func answer(_ request: Request) async -> Response {
        var response = await Routing(self).answer(request)
        for field in commonFields.fields where response.fields[field.name] == nil { response.fields.append(field) }
        return response
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

import HTTPMessage
import HTTPTypes

/// One entry of the table of routes. A class, so that looking it up copies nothing.
final class Route: Sendable {
    enum Action: Sendable {
        case handler(Handler)
        case fast(FastHandler)
    }

    let action: Action
    let pattern: String
    let bodyBytesMax: Int
    let parameterNames: [String]

    init(action: Action, pattern: String, bodyBytesMax: Int, parameterNames: [String]) {
        self.action = action
        self.pattern = pattern
        self.bodyBytesMax = bodyBytesMax
        self.parameterNames = parameterNames
    }

    /// RFC 9110 9.3: a body means nothing to these methods, so a route that has no use for it is answered as if none came.
    func wantsBody(of method: HTTPRequest.Method) -> Bool {
        bodyBytesMax > 0 || !(method == .get || method == .head || method == .delete)
    }
}

/// The routes, as a tree whose edges are path segments.
struct RouteTree: Sendable {
    private var routes: [HTTPRequest.Method: Route] = [:]
    private var literals: [String: RouteTree] = [:]
    private var parameter: [RouteTree] = []

    /// Every method that some route answers.
    var methods: Set<HTTPRequest.Method> {
        (literals.values.map(\.methods) + parameter.map(\.methods)).reduce(Set(routes.keys)) { $0.union($1) }
    }

    mutating func insert(_ route: Route, _ method: HTTPRequest.Method, _ segments: ArraySlice<Substring>) {
        guard let segment = segments.first else {
            precondition(routes[method] == nil, "\(method) \(route.pattern) is routed twice")
            routes[method] = route
            return
        }
        if segment.hasPrefix("{") {
            if parameter.isEmpty { parameter.append(RouteTree()) }
            parameter[0].insert(route, method, segments.dropFirst())
        } else {
            literals[String(segment), default: RouteTree()].insert(route, method, segments.dropFirst())
        }
    }

    /// The routes of a path, by method, and the segments that stand for parameters; nil when no pattern has that shape.
    /// A literal segment wins over a parameter as long as the rest of the path goes on from it.
    func find(_ segments: ArraySlice<String>) -> (routes: [HTTPRequest.Method: Route], values: [String])? {
        guard let segment = segments.first else { return routes.isEmpty ? nil : (routes, []) }
        if let found = literals[segment]?.find(segments.dropFirst()) { return found }
        // Dots would mean another path to whoever builds an address from the value.
        guard !segment.isEmpty, segment != ".", segment != "..",
            let found = parameter.first?.find(segments.dropFirst())
        else { return nil }
        return (found.routes, [segment] + found.values)
    }
}

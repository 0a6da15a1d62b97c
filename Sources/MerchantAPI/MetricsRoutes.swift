internal import HTTPMessage
public import HTTPServer
internal import HTTPTypes
internal import Telemetry

/// For whoever counts what the process does.
extension MetricsReport {
    /// Adds `GET /metrics`, on whichever listener is to have it.
    public func addRoute(to router: inout Router) {
        router.on(.get, "/metrics") { _, _ in
            let fields: HTTPFields = [.cacheControl: "no-store"]
            return Response(.ok, contentType: Exposition.contentType, bytes: await self.bytes(), fields: fields)
        }
    }
}

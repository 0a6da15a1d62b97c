internal import CAssets
public import Checkouts
internal import HTTPMessage
public import HTTPServer
internal import HTTPTypes
public import Logging
public import Wire

/// Everything that answers over HTTP: the merchant API, browsers, Klarna's callbacks, health, the shop's files.
///
/// Each route reads its request into a value, asks the ``CheckoutDesk``, and writes what came of it. What a route needs
/// is in this value; nothing is shared beside it.
public struct API: Sendable {
    let desk: CheckoutDesk
    let pathSecret: PathSecret
    let keys: APIKeys
    let catalog: Catalog?
    let terms: NewCheckout.Terms
    let files: StaticFiles?
    let readiness: Readiness
    let limits: Limits
    let clock: @Sendable () -> Timestamp
    let logger: Logger
    let idempotency: Idempotency
    let resultPage: ResultPage
    let metrics: MetricsReport?
    let answers = AnswerCounts()

    /// How much a body may hold, and how long a shopper waits for an order that is being placed.
    public struct Limits: Sendable {
        public var merchantBodyBytesMax = 1 << 20
        public var browserBodyBytesMax = 64 << 10
        public var callbackBodyBytesMax = 64 << 10
        public var returnPatience = Duration.seconds(4)

        public init() {}
    }

    /// Without a catalog `/checkout` does not exist, without a report `/metrics`; `files` are served where no route matches.
    /// `accounts` are the desk's Klarna accounts by name, and what each takes.
    ///
    /// - Throws: When a page that is built into the program cannot be parsed.
    public init(
        desk: CheckoutDesk,
        pathSecret: PathSecret,
        keys: APIKeys,
        accounts: [String: AccountTerms],
        catalog: Catalog?,
        returnOrigins: ReturnOrigins,
        files: StaticFiles?,
        readiness: Readiness,
        metrics: MetricsReport? = nil,
        limits: Limits = Limits(),
        clock: @escaping @Sendable () -> Timestamp,
        logger: Logger,
    ) throws {
        self.desk = desk
        self.pathSecret = pathSecret
        self.keys = keys
        self.catalog = catalog
        self.terms = NewCheckout.Terms(accounts: accounts, returnOrigins: returnOrigins)
        self.files = files
        self.readiness = readiness
        self.metrics = metrics
        self.limits = limits
        self.clock = clock
        self.logger = logger
        self.idempotency = Idempotency(store: desk.store, clock: clock, logger: logger)
        self.resultPage = try ResultPage()
    }

    /// The table of all routes.
    public func router() -> Router {
        var router = Router { refusal, _ in ProblemDetails(refusal).response }
        addMerchantRoutes(to: &router)
        addPageRoutes(to: &router)
        addOrderRoutes(to: &router)
        addCaptureRoutes(to: &router)
        addRefundRoutes(to: &router)
        addCustomerTokenRoutes(to: &router)
        addShopperRoutes(to: &router)
        addCallbackRoutes(to: &router)
        addHealthRoutes(to: &router)
        metrics?.addRoute(to: &router)
        addAssets(to: &router)
        if let files { router.files(files) }
        router.always(HTTPFields.forBrowsers)
        router.afterwards { [answers] response, request in
            // RFC 6797 7.2: never over http. For a year, this host asks for https by itself.
            if request?.isSecure == true { response.fields[.strictTransportSecurity] = "max-age=31536000" }
            answers.count(response, path: request?.path)
        }
        return router
    }

    private func addAssets(to router: inout Router) {
        let assets = [
            ("/openapi.yaml", "application/yaml", kassa_openapi()),
            ("/assets/result.css", "text/css; charset=utf-8", kassa_result_css()),
            ("/assets/result.js", "text/javascript; charset=utf-8", kassa_result_script()),
            ("/assets/icon.svg", "image/svg+xml", kassa_page_icon()),
        ]
        for (path, type, asset) in assets {
            let fields: HTTPFields = [.cacheControl: "max-age=300"]
            let response = Response(.ok, contentType: type, bytes: asset.array, fields: fields)
            router.onFast(.get, path) { _, _ in response }
        }
    }
}

extension CAsset {
    var array: [UInt8] { unsafe Array(UnsafeBufferPointer(start: bytes, count: count)) }
}

extension HTTPFields {
    /// What every answer says to browsers. A page may be stricter by itself.
    ///
    /// `form-action` stays out of it: Chromium applies it to the redirects of a form post too, and the shop's form
    /// leads to Klarna.
    fileprivate static let forBrowsers: HTTPFields = [
        .xContentTypeOptions: "nosniff",
        .referrerPolicy: "no-referrer",
        .contentSecurityPolicy: "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ]
}

extension Response {
    /// JSON that nobody may keep.
    static func json(_ status: HTTPResponse.Status, _ json: JSON, fields: HTTPFields = [:]) -> Response {
        var fields = fields
        fields[.cacheControl] = "no-store"
        return Response(status, contentType: "application/json", bytes: json.bytes, fields: fields)
    }

    static func redirect(to location: String) -> Response {
        Response(.seeOther, fields: [.location: location, .cacheControl: "no-store"])
    }
}

extension Router {
    /// Adds a route whose problems become answers.
    mutating func answer(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        bodyBytesMax: Int = 0,
        _ handler: @escaping @Sendable (Request, PathParameters) async throws(ProblemDetails) -> Response,
    ) {
        on(method, pattern, bodyBytesMax: bodyBytesMax) { request, path in
            await answering { () async throws(ProblemDetails) in try await handler(request, path) }
        }
    }
}

/// Turns a problem into its answer.
func answering(_ work: () async throws(ProblemDetails) -> Response) async -> Response {
    do throws(ProblemDetails) {
        return try await work()
    } catch {
        return error.response
    }
}

/// Asks the desk, and says what is wrong in the words of this interface; `missing` is what is not there if something is not.
func asking<Value>(
    or missing: ProblemDetails = .noCheckout,
    _ work: () async throws(DeskError) -> Value,
) async throws(ProblemDetails) -> Value {
    do throws(DeskError) {
        return try await work()
    } catch {
        guard case .notFound = error else { throw ProblemDetails(error) }
        throw missing
    }
}

/// Reads a value out of a body, or tells every fault of it.
func reading<Value>(_ work: () throws(Faults) -> Value) throws(ProblemDetails) -> Value {
    do throws(Faults) {
        return try work()
    } catch {
        throw .validation(error)
    }
}

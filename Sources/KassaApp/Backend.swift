internal import Checkouts
internal import HTTPServer
internal import Klarna
internal import Logging
internal import MerchantAPI
internal import SQLiteStore
internal import ServiceLifecycle
internal import Settings
internal import Telemetry
internal import TimeAndChance
internal import Wire

/// The parts of `kassa serve`, put together: connections are accepted from here on, and answered once the services run.
struct Backend {
    /// Under which browsers on this machine reach it, whatever `public_url` says; `unix:PATH` for a Unix-domain socket.
    let url: String
    let services: [any Service]
    private let store: SQLiteStore

    /// `passed` are sockets to listen on instead of where the settings say.
    init(_ settings: KassaSettings, passed: Range<Int32> = 0..<0, logger: Logger) async throws {
        let accounts = try settings.accountTerms()
        let catalog = try CatalogFile(settings.catalog).load(logger)
        let files = try PublicDirectory(settings.publicDirectory).load(logger, limits: ServerLimits(settings.limits))
        // First, so that what follows counts there.
        let registry = MetricsRegistry.ofProcess
        let clock = SteadyClock()
        let surroundings = Surroundings(now: { clock.now })
        let clients = try settings.accounts.map { name, account in
            (name, try KlarnaClient(account, name, settings.timeouts, surroundings))
        }
        let secretKey = try settings.secretKey?.reveal() ?? SecretKeyFile(databasePath: settings.databasePath).load()
        let tls = try settings.tls.map { tls throws(StartProblem) in try TLSContext(tls) }
        let listen = { try Listener(settings, tls: tls, passed: passed, logger: logger) }
        var storeLimits = SQLiteStore.Limits()
        var listener: Listener?
        if settings.sharesPort {
            // Before the process that it takes over from has ended: connections wait here while that one finishes its work.
            listener = try listen()
            storeLimits.lockTimeout = settings.shutdownGrace + .seconds(10)
        }
        let store: SQLiteStore
        do {
            store = try SQLiteStore(
                path: settings.databasePath,
                vault: Vault(secretKey: secretKey),
                limits: storeLimits,
            )
            try await FaultPoints.around(store).resume(at: surroundings.now())
        } catch {
            throw StartProblem("database_url", error)
        }
        try await requireFittingSecretKey(for: store)
        self.store = store
        let readiness = Readiness(
            [
                Readiness.Check("database") { try await store.checkWritable() },
                Readiness.Check("clock") { try requireSaneClock() },
            ],
            logger: logger,
        )
        let metrics = MetricsReport(
            registry: registry,
            backlog: { try await store.backlog(at: $0) },
            readiness: readiness,
            version: Version.current,
            surroundings: surroundings,
            // The account whose clock is furthest ahead has the nearest deadlines.
            klarnaNow: { clients.compactMap { $0.1.klarnaNow }.max() ?? surroundings.now() },
        )
        let pathSecret = PathSecret(secretKey: secretKey)
        let server = try listener ?? listen()
        url = server.url
        guard settings.publicURL != nil || server.isLoopback else {
            throw StartProblem("public_url", "required, because \(url) is not loopback")
        }
        let desk = CheckoutDesk(
            store: FaultPoints.around(store),
            clients: Dictionary(uniqueKeysWithValues: clients),
            publicURL: settings.publicURL?.description ?? url,
            pathSecret: pathSecret,
            checkoutPages: settings.accounts.mapValues {
                CheckoutPages(terms: $0.termsURL, checkout: $0.checkoutURL)
            },
            policy: Policy(settings),
            surroundings: surroundings,
            logger: logger,
        )
        let ownOrigin = settings.publicURL?.origin ?? url
        let api = try API(
            desk: desk,
            pathSecret: pathSecret,
            keys: APIKeys(
                settings.apiKey.map { ["api_key": $0.reveal()] } ?? [:],
                needHTTPS: settings.publicURL.map { $0.scheme == "https" } ?? (settings.tls != nil),
            ),
            accounts: accounts,
            catalog: catalog,
            returnOrigins: ReturnOrigins(settings.returnOrigins.isEmpty ? [ownOrigin] : settings.returnOrigins),
            files: files,
            readiness: readiness,
            metrics: metrics,
            clock: surroundings.now,
            logger: logger,
        )
        var services: [any Service] = [
            UntilShutdown { try await readiness.run() },
            WorkerService(worker: Worker(desk: desk, logger: logger)),
        ]
        if let tls { services.append(await CertificateService(context: tls, logger: logger)) }
        services.append(ServerService(server: server.server, router: api.router(), grace: settings.shutdownGrace))
        self.services = services
    }

    /// Closes the database, once the services have ended.
    func close() async { await store.close() }
}

extension KlarnaClient {
    init(
        _ settings: KlarnaAccountSettings,
        _ name: String,
        _ timeouts: TimeoutSettings,
        _ surroundings: Surroundings,
    ) throws {
        let account = try KlarnaAccount(settings, prefix: KassaSettings.accountPrefix(name))
        // Klarna's limits are not those of a double on this machine.
        let isDouble = settings.url?.isLoopback ?? false
        var quota = KlarnaQuota(account.environment)
        if isDouble {
            let boundless = KlarnaQuota.boundless
            quota = KlarnaQuota(createPaymentSession: boundless, createHPPSession: boundless, other: boundless)
        }
        if let creates = settings.createsPerSecond {
            quota.createPaymentSession = creates
            quota.createHPPSession = creates
            quota.createTokenSession = creates
        }
        quota.other = settings.callsPerSecond ?? quota.other
        self.init(
            account: account,
            transport: FaultPoints.around(URLSessionTransport()),
            timeouts: KlarnaTimeouts(timeouts),
            version: Version.current,
            gate: KlarnaGate(quota: quota, surroundings: surroundings, account: name),
        )
    }
}

extension KlarnaTimeouts {
    init(_ settings: TimeoutSettings) {
        self.init(
            connect: settings.klarnaConnect,
            read: settings.klarnaRead,
            create: settings.klarnaCreate,
            effect: settings.klarnaEffect,
        )
    }
}

extension Policy {
    init(_ settings: KassaSettings) {
        self.init()
        pollWaiting = settings.polling.waiting
        pollInProgress = settings.polling.inProgress
        pollAfterHint = settings.polling.afterHint
        placeRetry = settings.placeRetry
        watchOrder = settings.orders.sweep
        watchFor = settings.orders.watchFor
        resolver.countTimeout(settings.timeouts.klarnaConnect + settings.timeouts.klarnaEffect)
        latePayment = settings.placesLatePayments ? .place : .release
        sameReference = settings.placesSameReference ? .place : .release
    }
}

extension StartProblem {
    init(_ key: String, _ error: StoreError) {
        switch error {
        case .unavailable(let reason), .conflict(_, let reason): self.init(key, reason)
        case .stale, .leaseLost: self.init(key, "the database is in use by another process")
        }
    }
}

/// A clock before this program was written or a century later gives Klarna's deadlines no meaning.
private func requireSaneClock() throws {
    struct InsaneClock: Error {}
    let sane = 1_767_225_600_000...4_102_444_800_000
    guard sane.contains(Int(SteadyClock.wallTime().milliseconds)) else { throw InsaneClock() }
}

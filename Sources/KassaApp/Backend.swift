internal import Checkouts
internal import HTTPServer
internal import Klarna
internal import Logging
internal import MerchantAPI
internal import SQLiteStore
internal import ServiceLifecycle
internal import Settings
internal import Telemetry
internal import Wire

/// The parts of `kassa serve`, put together: connections are accepted from here on, and answered once the services run.
struct Backend {
    /// Under which browsers on this machine reach it, whatever `public_url` says.
    let url: String
    let services: [any Service]
    private let store: SQLiteStore

    init(_ settings: KassaSettings, logger: Logger) async throws {
        let catalog = try CatalogFile(settings.catalog).load(logger)
        let files = try PublicDirectory(settings.publicDirectory).load(logger)
        let clients = try settings.accounts.map { name, account in
            (name, try KlarnaClient(account, settings.timeouts))
        }
        let secretKey = try settings.secretKey?.reveal() ?? SecretKeyFile(databasePath: settings.databasePath).load()
        let store: SQLiteStore
        do {
            store = try SQLiteStore(path: settings.databasePath, vault: Vault(secretKey: secretKey))
            try await store.releaseAbandonedLeases()
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
        let pathSecret = PathSecret(secretKey: secretKey)
        let listener = try Listener(settings.listen, limits: ServerLimits(settings.limits), logger: logger)
        url = listener.url
        let desk = CheckoutDesk(
            store: store,
            clients: Dictionary(uniqueKeysWithValues: clients),
            publicURL: settings.publicURL?.description ?? url,
            pathSecret: pathSecret,
            policy: Policy(settings),
            clock: SystemClock.now,
            logger: logger,
        )
        let ownOrigin = settings.publicURL?.origin ?? url
        let api = try API(
            desk: desk,
            pathSecret: pathSecret,
            keys: APIKeys(settings.apiKey.map { ["api_key": $0.reveal()] } ?? [:]),
            catalog: catalog,
            returnOrigins: ReturnOrigins(settings.returnOrigins.isEmpty ? [ownOrigin] : settings.returnOrigins),
            files: files,
            readiness: readiness,
            clock: SystemClock.now,
            logger: logger,
        )
        services = [
            UntilShutdown { try await readiness.run() },
            WorkerService(worker: Worker(desk: desk, logger: logger)),
            ServerService(server: listener.server, router: api.router(), grace: settings.shutdownGrace),
        ]
    }

    /// Closes the database, once the services have ended.
    func close() async { await store.close() }
}

extension KlarnaClient {
    init(_ settings: KlarnaAccountSettings, _ timeouts: TimeoutSettings) throws {
        let account = try KlarnaAccount(
            username: settings.username,
            password: Klarna.Secret(settings.password.reveal()),
            environment: settings.isProduction ? .production : .playground,
            region: KlarnaAccount.Region(rawValue: settings.region) ?? .eu,
            baseURLOverride: settings.url?.description,
        )
        let limits = KlarnaTimeouts(
            connect: timeouts.klarnaConnect,
            read: timeouts.klarnaRead,
            create: timeouts.klarnaCreate,
            effect: timeouts.klarnaEffect,
        )
        self.init(account: account, transport: URLSessionTransport(), timeouts: limits, version: Version.current)
    }
}

extension Policy {
    init(_ settings: KassaSettings) {
        self.init()
        pollWaiting = settings.polling.waiting
        pollInProgress = settings.polling.inProgress
        pollAfterHint = settings.polling.afterHint
        placeRetry = settings.placeRetry
        // Placing reads HPP session, order and payment session, and then sends; its lease has to outlast the slowest case.
        lease = max(
            lease,
            (settings.timeouts.klarnaRead + settings.timeouts.klarnaConnect) * 3 + settings.timeouts.klarnaEffect,
        )
    }
}

extension StartProblem {
    init(_ key: String, _ error: StoreError) {
        switch error {
        case .unavailable(let reason), .conflict(let reason): self.init(key, reason)
        case .stale, .leaseLost: self.init(key, "the database is in use by another process")
        }
    }
}

/// A clock before this program was written or a century later gives Klarna's deadlines no meaning.
private func requireSaneClock() throws {
    struct InsaneClock: Error {}
    let sane = 1_767_225_600_000...4_102_444_800_000
    guard sane.contains(Int(SystemClock.now().milliseconds)) else { throw InsaneClock() }
}

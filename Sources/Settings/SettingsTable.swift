/// Every key that a configuration may hold, once: reading, errors and documentation all follow from these definitions.
public enum SettingsTable {
    /// In the order in which `docs/configuration.md` lists them. `accounts.NAME.*` repeats `klarna.*`.
    public static let rows: [SettingRow] = [
        [listen.row, listenReusePort.row, trustedProxies.row, proxyProtocol.row, forwardedFields.row],
        [publicURL.row, databaseURL.row, secretKey.row],
        AccountKeys(prefix: "klarna").rows,
        [apiKey.row, returnOrigins.row, catalog.row, publicDirectory.row],
        [pollingWaiting.row, pollingInProgress.row, pollingAfterHint.row, retryPlace.row],
        [ordersSweep.row, ordersWatchFor.row],
        [latePayment.row, sameReference.row],
        [klarnaConnect.row, klarnaRead.row, klarnaCreate.row, klarnaEffect.row],
        limits, limitTimes,
        [shutdownGrace.row, logLevel.row, logFormat.row],
        [webhookURL.row, webhookSecret.row, webhookRetry.row, webhookAllowPrivate.row, adminPassword.row],
        [opsListen.row, tlsCertificate.row, tlsPrivateKey.row],
        retention.map(\.row),
    ].flatMap { $0 }

    static let listen = Setting(
        "listen",
        .place,
        default: "127.0.0.1:8080",
        help: "Where to accept connections: `HOST:PORT`, or `unix:PATH`. Port 0 lets the system choose one. "
            + "Sockets that systemd passes go first.",
    )
    static let listenReusePort = Setting(
        "listen_reuse_port",
        .boolean,
        default: "false",
        help: "Whether the next process may listen on the same port while this one ends, and waits for its database.",
    )
    static let trustedProxies = Setting(
        "trusted_proxies",
        .proxies,
        shownDefault: "nobody",
        help: "Addresses and networks of reverse proxies that are believed when they name their clients; `unix` for "
            + "those on a Unix-domain socket.",
    )
    static let proxyProtocol = Setting(
        "proxy_protocol",
        .boolean,
        default: "false",
        help: "Whether connections of these proxies begin with a header of the PROXY protocol, version 1 or 2.",
    )
    static let forwardedFields = Setting(
        "forwarded_fields",
        .choice("x-forwarded", "forwarded"),
        default: "x-forwarded",
        help: "The fields that these proxies write: `x-forwarded` (`X-Forwarded-For` and `X-Forwarded-Proto`) or "
            + "`forwarded` (RFC 7239). The other ones are never read.",
    )
    static let publicURL = Setting(
        "public_url",
        .confidentialURL,
        shownDefault: "the bound address, if that is loopback",
        help: "The https URL under which Klarna and browsers reach this service; http only for a loopback host.",
    )
    static let databaseURL = Setting(
        "database_url",
        .database,
        default: "sqlite:data/kassa.db",
        isSecret: true,
        help: "`sqlite:PATH`. A `postgres://` URL is understood, but this version does not offer PostgreSQL yet.",
    )
    static let secretKey = Setting(
        "secret_key",
        .base64Key,
        shownDefault: "the file `<database>.key`, made at first start",
        isSecret: true,
        help: "32 bytes in base64: signs callback and return paths, seals tokens and personal data at rest.",
    )

    static let apiKey = Setting(
        "api_key",
        .secretText,
        isSecret: true,
        help: "One static key for the merchant API. Without it every call of `/v1/` is answered 401.",
    )
    static let returnOrigins = Setting(
        "return_origins",
        .origins,
        shownDefault: "the origin of `public_url`",
        help: "Origins to which shoppers may be sent back.",
    )
    static let catalog = Setting(
        "catalog",
        .path,
        default: "config/catalog.json",
        help: "Product file that prices browser checkouts. Without the default file `/checkout` is switched off.",
    )
    static let publicDirectory = Setting(
        "public_directory",
        .path,
        default: "public",
        help: "Static files, served at `/`. Without the default directory nothing is served there.",
    )

    static let pollingWaiting = Setting(
        "polling.waiting",
        .durations(repeats: true),
        default: "1m,2m,5m,10m",
        help: "How long to wait between reads of a session that no shopper has opened; the last one repeats.",
    )
    static let pollingInProgress = Setting(
        "polling.in_progress",
        .durations(repeats: true),
        default: String(repeating: "15s,", count: 20) + String(repeating: "60s,", count: 30) + "5m",
        shownDefault: "`15s` 20 times, `60s` 30 times, then `5m`",
        help: "The same once the shopper is on Klarna's page.",
    )
    static let pollingAfterHint = Setting(
        "polling.after_hint",
        .durations(repeats: false),
        default: "0s,1s,2s,5s,10s",
        help: "The same after a redirect or a callback whose news Klarna's own answer does not show yet.",
    )
    static let retryPlace = Setting(
        "retry.place",
        .durations(repeats: true),
        default: "0s,1s,2s,4s,8s,15s,30s,60s",
        help: "Waits between tries to place an order, each varied by 20 %; the last one repeats.",
    )

    static let ordersSweep = Setting(
        "orders.sweep",
        .durations(repeats: true),
        default: "1h,6h,24h",
        help: "How long to wait between reads of a placed order, which see what was captured, refunded or cancelled in "
            + "Klarna's portal; the last one repeats.",
    )
    static let ordersWatchFor = Setting(
        "orders.watch_for",
        .duration(.seconds(3600) ... .seconds(100_000 * 3600)),
        default: "1080h",
        help: "How long after its last change a placed order is read again by itself, at least 1h.",
    )

    static let latePayment = Setting(
        "late_payment",
        .choice("release", "place"),
        default: "release",
        help: "What becomes of a payment that is seen after its checkout was disabled, cancelled or expired: "
            + "`release` gives the authorization back, `place` places the order all the same.",
    )
    static let sameReference = Setting(
        "same_reference",
        .choice("release", "place"),
        default: "place",
        help:
            "What becomes of a payment when another checkout with the same `merchant_reference` is paid: `place` makes "
            + "an order of each, `release` gives the later authorization back.",
    )

    private static let timeoutRange: ClosedRange<Duration> = .milliseconds(10) ... .seconds(600)
    static let klarnaConnect = Setting(
        "timeouts.klarna_connect",
        .duration(timeoutRange),
        default: "5s",
        help: "To connect to Klarna.",
    )
    static let klarnaRead = Setting(
        "timeouts.klarna_read",
        .duration(timeoutRange),
        default: "10s",
        help: "For a whole call that only reads.",
    )
    static let klarnaCreate = Setting(
        "timeouts.klarna_create",
        .duration(timeoutRange),
        default: "15s",
        help: "For a whole call that creates a session.",
    )
    static let klarnaEffect = Setting(
        "timeouts.klarna_effect",
        .duration(timeoutRange),
        default: "30s",
        help: "For a whole call that places an order or moves money.",
    )

    static let shutdownGrace = Setting(
        "shutdown.grace",
        .duration(.zero ... .seconds(3600)),
        default: "30s",
        help: "How long requests in flight and running jobs may take after SIGTERM.",
    )
    static let logLevel = Setting(
        "log.level",
        .choice("trace", "debug", "info", "notice", "warning", "error", "critical"),
        default: "info",
        help:
            "The least severe entries to write: `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.",
    )
    static let logFormat = Setting(
        "log.format",
        .choice("json", "text"),
        default: "json",
        help: "One line per entry: `json` or `text`.",
    )

    static let webhookURL = Setting(
        "webhook.url",
        .confidentialURL,
        availability: .notUsedYet,
        help: "Where the merchant's webhooks go.",
    )
    static let webhookSecret = Setting(
        "webhook.secret",
        .webhookSecret,
        isSecret: true,
        availability: .notUsedYet,
        help: "Standard Webhooks secret, `whsec_…`.",
    )
    static let webhookRetry = Setting(
        "webhook.retry",
        .durations(repeats: false),
        shownDefault: "`0s,5s,5m,30m,2h,5h,10h,14h,20h,24h`",
        availability: .notUsedYet,
        help: "Waits between tries to deliver one webhook.",
    )
    static let webhookAllowPrivate = Setting(
        "webhook.allow_private",
        .boolean,
        shownDefault: "only when `public_url` is loopback",
        availability: .notUsedYet,
        help: "Whether webhooks may go to private and loopback addresses.",
    )
    static let adminPassword = Setting(
        "admin.password",
        .secretText,
        isSecret: true,
        availability: .notUsedYet,
        help: "Password of the operations page; without it `/admin/` is 404.",
    )
    static let opsListen = Setting(
        "ops.listen",
        .address,
        availability: .refusedYet,
        help: "A separate listener for `/metrics`, `/admin/` and `/health*`.",
    )
    static let tlsCertificate = Setting(
        "tls.certificate",
        .path,
        help: "PEM file of a certificate and of those that vouch for it: serve https itself. Read again at SIGHUP.",
    )
    static let tlsPrivateKey = Setting(
        "tls.private_key",
        .path,
        help: "PEM file of the certificate's private key, without a passphrase and not readable by everybody.",
    )

    static let retention = [
        keep("idempotency_keys", 72, "`168h`", "How long the merchant's idempotency keys are kept, at least 72h."),
        keep("callbacks", 1, "`720h`", "How long callbacks are kept after their checkout ended."),
        keep("personal_data", 1, "`2160h`", "How long personal data is kept after its checkout ended."),
    ]

    private static func keep(
        _ name: String,
        _ hoursMin: Int64,
        _ shownDefault: String,
        _ help: String,
    ) -> Setting<Duration> {
        Setting(
            "retention.\(name)",
            .duration(.seconds(hoursMin * 3600) ... .seconds(100_000 * 3600)),
            shownDefault: shownDefault,
            availability: .notUsedYet,
            help: help,
        )
    }
}

extension KassaSettings {
    /// Reads and checks everything a backend needs.
    ///
    /// - Throws: Every problem there is, not only the first.
    public static func load(_ source: SettingsSource) throws(SettingsProblems) -> KassaSettings {
        var reader = SettingsReader(source)
        let settings = KassaSettings(&reader)
        guard reader.problems.isEmpty, let settings else { throw SettingsProblems(reader.problems) }
        return settings
    }

    /// Reads every value before giving up on any, so that one mistake does not hide another.
    private init?(_ reader: inout SettingsReader) {
        typealias Table = SettingsTable
        listen = reader.value(Table.listen)
        sharesPort = reader.value(Table.listenReusePort)
        proxies = ProxySettings(&reader)
        tls = TLSSettings(&reader)
        publicURL = reader.read(Table.publicURL)
        secretKey = reader.read(Table.secretKey)
        apiKey = reader.read(Table.apiKey)
        returnOrigins = reader.read(Table.returnOrigins) ?? []
        catalog = GivenPath(&reader, Table.catalog)
        publicDirectory = GivenPath(&reader, Table.publicDirectory)
        polling = PollingSettings(&reader)
        placeRetry = reader.value(Table.retryPlace)
        orders = OrderSettings(&reader)
        placesLatePayments = reader.value(Table.latePayment) == "place"
        placesSameReference = reader.value(Table.sameReference) == "place"
        timeouts = TimeoutSettings(&reader)
        limits = LimitSettings(&reader)
        shutdownGrace = reader.value(Table.shutdownGrace)
        let database = reader.value(Table.databaseURL)
        let accounts = KassaSettings.accounts(&reader)
        KassaSettings.checkSettingsOfLaterVersions(&reader)

        if !listen.isLoopback, !reader.isGiven(Table.publicURL) {
            reader.problem("public_url", "required, because listen is \(listen), which is not loopback")
        }
        if !reader.isGiven(Table.apiKey) {
            reader.warn("api_key is not set: the merchant API answers every call with 401")
        }
        if publicURL?.isLoopback ?? listen.isLoopback, accounts.values.contains(where: \.isProduction) {
            reader.warn("public_url is loopback: Klarna's production cannot call back there")
        }
        self.accounts = accounts
        log = LogSettings(&reader)
        warnings = reader.warnings
        switch database {
        case .sqlite(let path): databasePath = path
        case .postgres:
            reader.problem("database_url", "this version does not offer PostgreSQL yet; use sqlite:PATH")
            return nil
        }
    }

    private static func accounts(_ reader: inout SettingsReader) -> [String: KlarnaAccountSettings] {
        var accounts: [String: KlarnaAccountSettings] = [:]
        for name in ["default"] + reader.accountNames {
            accounts[name] = KlarnaAccountSettings(&reader, prefix: accountPrefix(name))
        }
        return accounts
    }

    private static func checkSettingsOfLaterVersions(_ reader: inout SettingsReader) {
        _ = reader.read(SettingsTable.webhookURL)
        _ = reader.read(SettingsTable.webhookSecret)
        _ = reader.read(SettingsTable.webhookRetry)
        _ = reader.read(SettingsTable.webhookAllowPrivate)
        _ = reader.read(SettingsTable.adminPassword)
        _ = reader.read(SettingsTable.opsListen)
        for setting in SettingsTable.retention { _ = reader.read(setting) }
    }
}

extension ProxySettings {
    fileprivate init(_ reader: inout SettingsReader) {
        trusted = reader.read(SettingsTable.trustedProxies) ?? []
        speakProxyProtocol = reader.value(SettingsTable.proxyProtocol)
        writeForwarded = reader.value(SettingsTable.forwardedFields) == "forwarded"
        if speakProxyProtocol, !reader.isGiven(SettingsTable.trustedProxies) {
            reader.problem("trusted_proxies", "required with proxy_protocol")
        }
    }
}

extension TLSSettings {
    /// `nil` when neither is set; one alone is a mistake.
    fileprivate init?(_ reader: inout SettingsReader) {
        let settings = [SettingsTable.tlsCertificate, SettingsTable.tlsPrivateKey]
        let paths = settings.map { reader.read($0) }
        if paths[0] != nil || paths[1] != nil {
            for (setting, other) in zip(settings, settings.reversed()) where !reader.isGiven(setting) {
                reader.problem(setting.row.name, "required with \(other.row.name)")
            }
        }
        guard let certificate = paths[0], let privateKey = paths[1] else { return nil }
        self.init(certificate: certificate, privateKey: privateKey)
    }
}

extension GivenPath {
    fileprivate init(_ reader: inout SettingsReader, _ setting: Setting<String>) {
        isExplicit = reader.isGiven(setting)
        path = reader.value(setting)
    }
}

extension PollingSettings {
    fileprivate init(_ reader: inout SettingsReader) {
        waiting = reader.value(SettingsTable.pollingWaiting)
        inProgress = reader.value(SettingsTable.pollingInProgress)
        afterHint = reader.value(SettingsTable.pollingAfterHint)
    }
}

extension OrderSettings {
    fileprivate init(_ reader: inout SettingsReader) {
        sweep = reader.value(SettingsTable.ordersSweep)
        watchFor = reader.value(SettingsTable.ordersWatchFor)
    }
}

extension TimeoutSettings {
    fileprivate init(_ reader: inout SettingsReader) {
        klarnaConnect = reader.value(SettingsTable.klarnaConnect)
        klarnaRead = reader.value(SettingsTable.klarnaRead)
        klarnaCreate = reader.value(SettingsTable.klarnaCreate)
        klarnaEffect = reader.value(SettingsTable.klarnaEffect)
    }
}

extension LogSettings {
    /// Reads only how to log, for the commands that need no other configuration.
    ///
    /// - Throws: What is wrong with the file as a whole, its keys, or `log.*`.
    public static func load(_ source: SettingsSource) throws(SettingsProblems) -> LogSettings {
        var reader = SettingsReader(source)
        let settings = LogSettings(&reader)
        guard reader.problems.isEmpty else { throw SettingsProblems(reader.problems) }
        return settings
    }

    fileprivate init(_ reader: inout SettingsReader) {
        level = reader.value(SettingsTable.logLevel)
        isJSON = reader.value(SettingsTable.logFormat) == "json"
        warnings = reader.warnings
    }
}

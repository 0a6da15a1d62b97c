internal import Klarna
internal import Settings

/// Asks Klarna whether it takes an account's credentials, and where it does when not where they are said to belong.
///
/// Each host is asked once, for a session that nobody ever made: nothing is changed by that, and whoever is told that there is
/// none has been let in. Credentials are shown to the account's own host, and to the other hosts of the same company.
struct CredentialCheck: Sendable {
    /// `klarna` or `accounts.NAME`.
    let prefix: String
    let settings: KlarnaAccountSettings
    let timeouts: KlarnaTimeouts
    let transport: any Transport

    /// `nil` when the credentials are good.
    func trouble() async -> CredentialTrouble? {
        let account: KlarnaAccount
        do {
            account = try KlarnaAccount(settings, prefix: prefix)
        } catch {
            return CredentialTrouble(.misconfigured, error)
        }
        let host = account.baseURL
        switch await knock(at: account) {
        case .letIn: return nil
        case .unknownCredentials: return await whereTheyBelong(refusedAt: account)
        case .noRight:
            let product = KlarnaAccount.Host.isKustom(host) ? "the checkout" : "Klarna Payments"
            return trouble(
                .noContract,
                "username",
                "\(host) knows these credentials and does not let them use \(product) (403): the account has no contract "
                    + "for it, or the credentials lack the right; Klarna's merchant support can tell which",
            )
        case .noAnswer(let cause, let reason): return trouble(cause, "url", "\(host) cannot be asked: \(reason)")
        }
    }

    /// Tells a wrong environment and a wrong region from wrong credentials by asking everywhere else.
    private func whereTheyBelong(refusedAt account: KlarnaAccount) async -> CredentialTrouble {
        let hosts = KlarnaAccount.Host.others(than: account.baseURL)
        let refused = "\(account.baseURL) refuses user name or password (401)"
        guard !hosts.isEmpty else {
            return trouble(
                .wrongCredentials,
                "username",
                "\(refused); no other host was asked, since \(prefix).url names one that is not Klarna's. Check "
                    + "\(prefix).username, \(prefix).password and \(prefix).url",
            )
        }
        let answers = await knock(at: hosts, as: account)
        let homes = hosts.filter { answers[$0]?.isKnown ?? false }
        if let home = homes.first(where: { answers[$0] == .letIn }) ?? homes.first {
            return misplaced(account, homes, home, refused)
        }
        let silent = hosts.filter { answers[$0] != .unknownCredentials }
        guard silent.isEmpty else {
            return trouble(
                .unclear,
                "username",
                "\(refused), and so does every other host that answered; could not be asked: "
                    + silent.map(\.place).joined(separator: ", "),
            )
        }
        return trouble(
            .wrongCredentials,
            "username",
            "\(refused), and so does every other environment and region: \(prefix).username or \(prefix).password is "
                + "mistyped, or the credentials were revoked",
        )
    }

    private func misplaced(
        _ account: KlarnaAccount,
        _ homes: [KlarnaAccount.Host],
        _ home: KlarnaAccount.Host,
        _ refused: String,
    ) -> CredentialTrouble {
        var changes: [String] = []
        let isOtherEnvironment = home.environment != account.environment
        let isOtherRegion = home.region != account.region && !KlarnaAccount.Host.isKustom(home.baseURL)
        if isOtherEnvironment { changes.append("\(prefix).environment to \(home.environment.rawValue)") }
        if isOtherRegion { changes.append("\(prefix).region to \(home.region.rawValue)") }
        if settings.url != nil { changes.append("\(prefix).url to \(home.baseURL)") }
        let cause: CredentialTrouble.Cause =
            switch (isOtherEnvironment, isOtherRegion) {
            case (true, false): .wrongEnvironment
            case (true, true): .wrongEnvironmentAndRegion
            case (false, _): .wrongRegion
            }
        return trouble(
            cause,
            isOtherEnvironment ? "environment" : "region",
            "\(refused), but they are good at \(homes.map(\.place).joined(separator: " and at ")): set "
                + changes.joined(separator: " and "),
        )
    }

    private func knock(
        at hosts: [KlarnaAccount.Host],
        as account: KlarnaAccount,
    ) async -> [KlarnaAccount.Host: Answer] {
        await withTaskGroup(of: (KlarnaAccount.Host, Answer).self) { group in
            for host in hosts {
                group.addTask {
                    guard let account = try? KlarnaAccount(account, at: host) else {
                        return (host, .noAnswer(.misconfigured, "its address cannot be used"))
                    }
                    return (host, await knock(at: account))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func knock(at account: KlarnaAccount) async -> Answer {
        let client = KlarnaClient(account: account, transport: transport, timeouts: timeouts, version: Version.current)
        do throws(KlarnaError) {
            let nobody = "00000000-0000-4000-8000-000000000000"
            if KlarnaAccount.Host.isKustom(account.baseURL) {
                _ = try await client.checkoutOrder(CheckoutOrderID(rawValue: nobody))
            } else {
                _ = try await client.paymentSession(PaymentSessionID(rawValue: nobody))
            }
            return .letIn
        } catch {
            return Answer(error)
        }
    }

    private func trouble(_ cause: CredentialTrouble.Cause, _ leaf: String, _ detail: String) -> CredentialTrouble {
        CredentialTrouble(cause, StartProblem("\(prefix).\(leaf)", detail))
    }

    private enum Answer: Sendable, Hashable {
        case letIn
        /// The credentials are known, and good for something else.
        case noRight
        case unknownCredentials
        case noAnswer(CredentialTrouble.Cause, String)

        var isKnown: Bool { self == .letIn || self == .noRight }

        init(_ error: KlarnaError) {
            switch error {
            case .refused(let refusal):
                switch refusal.status {
                case 401: self = .unknownCredentials
                case 403: self = .noRight
                case 429: self = .noAnswer(.busy, "it asks for a pause (429); try again in a minute")
                // There is no such session, or it does not like the look of its id: said to those it knows.
                case _: self = .letIn
                }
            case .paused: self = .noAnswer(.busy, "it was asked too much; try again in a minute")
            case .notSent(let reason): self = .noAnswer(.init(transport: reason), reason)
            case .unknown(let lost):
                guard let status = lost.status else {
                    self = .noAnswer(.init(transport: lost.reason), lost.reason)
                    return
                }
                self =
                    status < 400
                    ? .noAnswer(.notKlarna, "it answers \(status), as Klarna's API does not")
                    : .noAnswer(.failing, "it answers \(status); try again later")
            }
        }
    }
}

/// Why an account's credentials cannot be used, by the key that is to be changed.
struct CredentialTrouble: Sendable {
    let cause: Cause
    let problem: StartProblem

    /// What programs tell apart.
    enum Cause: String, Sendable, CaseIterable {
        case wrongEnvironment = "wrong_environment"
        case wrongRegion = "wrong_region"
        case wrongEnvironmentAndRegion = "wrong_environment_and_region"
        /// Refused at every system there is, or at the only one that may be asked.
        case wrongCredentials = "wrong_credentials"
        /// Refused, and not every other system could be asked.
        case unclear
        case noContract = "no_contract"
        case misconfigured
        case hostUnknown = "host_unknown"
        case cannotConnect = "cannot_connect"
        case tlsFailed = "tls_failed"
        case timedOut = "timed_out"
        case connectionLost = "connection_lost"
        case busy
        case failing
        case notKlarna = "not_klarna"

        /// By the words of the transport, which has no others.
        init(transport reason: String) {
            let words: [(String, Cause)] = [
                ("host name", .hostUnknown), ("refused", .cannotConnect), ("SSL", .tlsFailed), ("TLS", .tlsFailed),
                ("certificate", .tlsFailed), ("within", .timedOut), ("timed out", .timedOut),
            ]
            self = words.first { reason.contains($0.0) }?.1 ?? .connectionLost
        }
    }

    init(_ cause: Cause, _ problem: StartProblem) {
        self.cause = cause
        self.problem = problem
    }
}

internal import HTTPServer
internal import Logging
internal import ServiceLifecycle
internal import Settings
internal import TimeAndChance
internal import UnixSignals
internal import Wire

/// Reads the certificate and its key again at each SIGHUP, as whoever renews certificates asks for.
struct CertificateService: Service {
    private let context: TLSContext
    private let hangups: UnixSignalsSequence
    private let logger: Logger

    /// From here on SIGHUP ends the program no more.
    init(context: TLSContext, logger: Logger) async {
        self.context = context
        self.logger = logger
        hangups = await UnixSignalsSequence(trapping: .sighup)
        report()
    }

    func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() { reload() }
    }

    func reload() {
        do throws(TLSError) {
            try context.reload()
            report()
        } catch {
            logger.error("the new certificate cannot be used; the old one stays", metadata: ["reason": "\(error)"])
        }
    }

    private func report() {
        let certificate = context.certificate
        logger.info(
            "the certificate was read",
            metadata: ["subject": "\(certificate.subject)", "expires_at": "\(certificate.end)"],
        )
        if let warning = certificate.warning(at: SteadyClock.wallTime()) { logger.warning("\(warning)") }
    }
}

extension TLSContext {
    convenience init(_ settings: TLSSettings) throws(StartProblem) {
        do throws(TLSError) {
            try self.init(certificate: settings.certificate, privateKey: settings.privateKey)
        } catch {
            throw StartProblem(error.file == .certificate ? "tls.certificate" : "tls.private_key", error.reason)
        }
    }
}

extension TLSCertificate {
    var end: Timestamp { Timestamp(milliseconds: Int64(expiry) * 1000) }

    /// What somebody should know who can do something about it; `nil` while it is valid for two weeks more.
    func warning(at now: Timestamp) -> String? {
        if end <= now { return "the certificate of \(subject) expired at \(end)" }
        if end < now + .seconds(14 * 24 * 3600) { return "the certificate of \(subject) expires at \(end)" }
        return nil
    }
}

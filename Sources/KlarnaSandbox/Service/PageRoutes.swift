import HTTPMessage
import HTTPServer
import HTTPTypes
import Wire

/// The hosted pages, for browsers.
extension SandboxService {
    private static let formBytesMax = 1000

    func addPages(to router: inout Router) {
        let assets = [
            ("/sandbox/page.css", "text/css; charset=utf-8", Array(SandboxAssets.css.utf8)),
            ("/sandbox/icon.svg", "image/svg+xml", SandboxAssets.icon),
        ]
        for (path, type, bytes) in assets {
            let response = Response(.ok, contentType: type, bytes: bytes, fields: [.cacheControl: "no-cache"])
            router.onFast(.get, path) { _, _ in response }
        }
        router.on(.get, "/{region}/hpp/payments/{page}") { [self] request, parameters in
            try await answer(request) { world, now in
                let page = world.hostedPage(region: parameters["region"], page: parameters["page"], at: now)
                guard case .open(let session, let hosted) = page else { return (closed(page), []) }
                let html = renderer.payment(session, hosted, path: request.path)
                // Only looking, as HEAD does, opens nothing.
                guard request.method == .get else { return (html200(html), []) }
                let outcome = try world.act(.enter, onHPPSession: session.id, at: now)
                return (html200(html), outcome.callbacks)
            }
        }
        router.on(
            .post,
            "/{region}/hpp/payments/{page}",
            bodyBytesMax: SandboxService.formBytesMax,
        ) { [self] request, parameters in
            let form = FormFields(parsing: request.body)
            let action = ShopperAction(rawValue: form?["action"] ?? "")
            let email = form?["email"].flatMap { Words.isEmail($0) ? $0 : nil }
            let decided = action == .approve ? await verdict(onPage: parameters, email: email) : .approved
            return try await answer(request) { world, now in
                let page = world.hostedPage(region: parameters["region"], page: parameters["page"], at: now)
                guard let action else { throw KlarnaRefusal.badValue("action") }
                let session: HPPSession
                switch page {
                case .open(let open, _): session = open
                // A button that is pressed twice leads to the same place twice.
                case .closed(let closed) where closed.status == .completed: session = closed
                case .closed, .expired, .unknown: return (self.closed(page), [])
                }
                let outcome = try world.act(
                    action,
                    onHPPSession: session.id,
                    email: email,
                    category: form?["payment_method_category"],
                    verdict: decided,
                    at: now,
                )
                return (redirect(to: outcome.location), outcome.callbacks)
            }
        }
        router.on(.get, "/{region}/hpp/payments/{page}/qr") { [self] request, parameters in
            try await answer(request) { world, now in
                let page = world.hostedPage(
                    ofHPPSession: parameters["page"],
                    region: parameters["region"],
                    at: now,
                )
                switch page {
                case .open(let session, _), .closed(let session):
                    return (picture(QRCode(session.pageURL)?.svg ?? ""), [])
                case .expired, .unknown: return (closed(page), [])
                }
            }
        }
        router.on(.get, "/{region}/hpp/payments/{page}/outcome") { [self] request, parameters in
            try await answer(request) { world, now in
                let page = world.hostedPage(region: parameters["region"], page: parameters["page"], at: now)
                guard case .open(let session, _) = page else { return (closed(page), []) }
                let path = String(request.path.dropLast("/outcome".count))
                return (html200(renderer.outcome(.after(session.status, path: path))), [])
            }
        }
    }

    private func verdict(onPage parameters: PathParameters, email: String?) async -> CheckoutVerdict {
        let id = withState { state, now -> String? in
            let page = state.world.hostedPage(region: parameters["region"], page: parameters["page"], at: now)
            guard case .open(let session, _) = page else { return nil }
            return session.id
        }
        guard let id else { return .approved }
        return await verdict(onHPPSession: id, email: email)
    }

    private func picture(_ svg: String) -> KlarnaAnswer {
        var answer = KlarnaAnswer(200, html: svg, fields: SandboxService.pageFields)
        answer.contentType = "image/svg+xml"
        return answer
    }

    private func html200(_ html: String) -> KlarnaAnswer { pageAnswer(200, html) }

    private func redirect(to location: String) -> KlarnaAnswer {
        KlarnaAnswer(
            303,
            fields: ["location": location, "cache-control": "no-store", "referrer-policy": "no-referrer"],
        )
    }

    /// What stands where nobody can pay any more.
    private func closed(_ page: HostedPage) -> KlarnaAnswer {
        switch page {
        case .open(let session, _): pageAnswer(200, renderer.outcome(.after(session.status, path: session.pageURL)))
        case .closed(let session) where !session.status.isFinal: pageAnswer(410, renderer.outcome(.takenElsewhere))
        case .closed(let session):
            pageAnswer(session.status == .completed ? 200 : 410, renderer.outcome(.after(session.status, path: "")))
        case .expired: pageAnswer(410, renderer.outcome(.expired))
        case .unknown: pageAnswer(404, renderer.outcome(.unknown))
        }
    }

    private func pageAnswer(_ status: Int, _ html: String) -> KlarnaAnswer {
        var answer = KlarnaAnswer(status, html: html, fields: SandboxService.pageFields)
        answer.contentType = "text/html; charset=utf-8"
        return answer
    }

    /// The pictures are the merchant's. `form-action` has to allow every scheme: browsers hold it against the redirect to the merchant too, and against
    /// the merchant's own redirect after that.
    private static let pageFields = [
        "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' http: https:; "
            + "form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    ]
}

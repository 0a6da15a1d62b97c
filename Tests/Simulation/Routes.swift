import Checkouts
import Klarna
import TimeAndChance
import Wire

/// What a node answers to whoever calls it, as its HTTP routes do.
struct Routes: Sendable {
    let desk: CheckoutDesk
    let store: StoreLine
    let surroundings: Surroundings
    let clients: [String: KlarnaClient]
    let bug: PlantedBug?

    /// What a merchant gets: a status as in HTTP, and the checkout.
    struct Answer: Sendable {
        let status: Int
        var checkoutID: Checkout.ID?
        var redirectURL: String?
    }

    func open(_ new: NewCheckout, key: String) async -> Answer {
        await once("k POST /v1/checkouts", key) { claim, resuming in
            do throws(DeskError) {
                let checkout: Checkout
                if let resuming {
                    checkout = try await desk.resumeOpening(resuming)
                } else {
                    checkout = try await desk.open(new, claim: claim)
                }
                return Answer(status: 201, checkoutID: checkout.id, redirectURL: checkout.sessions?.redirectURL)
            } catch {
                return Answer(status: error.status)
            }
        }
    }

    /// Does something once for each key, as the API does.
    func once(
        _ scope: String,
        _ key: String,
        _ work: (IdempotencyClaim, _ resuming: Checkout.ID?) async -> Answer,
    ) async -> Answer {
        let request = IdempotentRequest(scope: scope, key: key, fingerprint: key)
        let start: IdempotentStart
        do throws(StoreError) {
            start = try await store.begin(request, lease: .seconds(120), at: surroundings.now())
        } catch {
            return Answer(status: 503)
        }
        switch start {
        case .answered(let answer): return Answer(answer)
        case .inFlight: return Answer(status: 409)
        case .otherBody: return Answer(status: 422)
        case .ours(let claim, let resuming):
            let answer = await work(claim, resuming)
            try? await store.end(claim, answer: answer.status < 500 ? answer.stored : nil, at: surroundings.now())
            return answer
        }
    }

    func receive(_ body: JSON?, as word: String, token: String) async -> Int {
        guard let id = Node.pathSecret.checkoutID(in: token, .callback),
            let kind = CheckoutDesk.CallbackKind(rawValue: word)
        else { return 404 }
        let session = body?["session"]
        let status = session?["status"]?.string ?? body?["event_type"]?.string
        let sessionID = session?["session_id"]?.string ?? body?["session_id"]?.string
        // What has no id of its own is known by its body.
        let own = kind == .status ? body?["event_id"]?.string : "\(word):\(body?["authorization_token"]?.string ?? "")"
        guard let eventID = own else { return 400 }
        if bug == .believesCallbacks { await believe(session?["status"]?.string, id) }
        let receive: @Sendable () async -> Int = { [desk] in
            do throws(DeskError) {
                try await desk.receive(kind, callback: eventID, sessionID: sessionID, status: status, for: id)
                return 204
            } catch {
                return error.status
            }
        }
        guard bug == .acknowledgesBeforeRecording else { return await receive() }
        surroundings.start { _ = await receive() }
        return 204
    }

    func returned(_ token: String, _ outcome: String) async -> Int {
        guard let id = Node.pathSecret.checkoutID(in: token, .returning) else { return 404 }
        if bug == .believesRedirects { await believe(outcome == "cancel" ? "CANCELLED" : nil, id) }
        do throws(DeskError) {
            let checkout = try await desk.returned(id, waitingAtMost: .seconds(4))
            if bug == .placesWithoutJob, let placement = checkout.placement {
                _ = try? await clients[checkout.account]?.placeOrder(
                    placement.token,
                    body: placement.body,
                    idempotencyKey: placement.idempotencyKey,
                )
            }
            return 303
        } catch {
            return error.status
        }
    }

    func disable(_ id: Checkout.ID) async -> Int {
        do throws(DeskError) {
            _ = try await desk.disable(id)
            return 200
        } catch {
            return error.status
        }
    }

    func refresh(_ id: Checkout.ID) async -> Int {
        do throws(DeskError) {
            _ = try await desk.refresh(id)
            return 200
        } catch {
            return error.status
        }
    }

    func look(at id: Checkout.ID) async -> Int {
        do throws(DeskError) {
            _ = try await desk.look(at: id)
            return 200
        } catch {
            return error.status
        }
    }

    /// What no service may do: it moves a checkout along by what somebody says.
    private func believe(_ word: String?, _ id: Checkout.ID) async {
        guard word == "CANCELLED" || word == "DISABLED", var checkout = try? await store.checkout(id),
            (try? checkout.apply(.pageCancelled, at: surroundings.now())) != nil
        else { return }
        let event = Event(at: surroundings.now(), type: "checkout.cancelled", source: .callback)
        _ = try? await store.commit(Change(id, checkout: checkout, events: [event]))
    }
}

extension Routes.Answer {
    /// As it is kept for the same request again.
    fileprivate var stored: StoredAnswer {
        let fields = [redirectURL].compactMap(\.self).map { StoredAnswer.Field("Location", $0) }
        return StoredAnswer(status: status, fields: fields, body: Array((checkoutID?.rawValue ?? "").utf8))
    }

    fileprivate init(_ stored: StoredAnswer) {
        status = stored.status
        checkoutID = Checkout.ID(rawValue: String(decoding: stored.body, as: UTF8.self))
        redirectURL = stored.fields.first?.value
    }
}

extension DeskError {
    var status: Int {
        switch self {
        case .notFound: 404
        case .unknownAccount: 500
        case .notAllowed: 409
        case .invalid: 422
        case .klarnaRefused: 502
        case .klarnaUnknown, .klarnaBusy, .store: 503
        }
    }
}

import HTTPMessage
import HTTPServer
import HTTPTypes
import Wire

/// `/sandbox`: act as the shopper, look at what happened, order trouble, turn switches, move the clock, forget.
extension SandboxService {
    private static let leverBytesMax = 10_000

    func addLevers(to router: inout Router) {
        addActions(to: &router)
        router.on(.get, "/sandbox/tokens") { [self] _, _ in
            lever { state, now in ["data": .array(state.world.tokens(at: now))] }
        }
        router.on(.get, "/sandbox/distributions") { [self] _, _ in
            lever { state, _ in ["data": .array(state.world.distributedLinks)] }
        }
        router.on(.get, "/sandbox/orders") { [self] _, _ in
            lever { state, now in ["data": .array(state.world.orders(at: now))] }
        }
        router.on(.get, "/sandbox/sessions") { [self] _, _ in
            lever { state, now in ["data": .array(state.world.sessions(at: now).map(\.json))] }
        }
        router.on(.get, "/sandbox/requests") { [self] _, _ in
            lever { state, _ in ["data": .array(state.requests.entries.map(\.json))] }
        }
        router.on(.get, "/sandbox/callbacks") { [self] _, _ in
            lever { state, _ in ["data": .array(state.callbacks.entries.map(\.json))] }
        }
        router.on(.post, "/sandbox/faults", bodyBytesMax: SandboxService.leverBytesMax) { [self] request, _ in
            lever(201) { state, _ in
                let fault = try Fault(SandboxService.object(request.body))
                state.faults.append(fault)
                return ["effect": .string(fault.effect.text), "count": fault.remaining.map(JSON.integer) ?? .null]
            }
        }
        router.on(.get, "/sandbox/behaviour") { [self] _, _ in
            lever { state, _ in state.world.behaviour.json }
        }
        router.on(.post, "/sandbox/behaviour", bodyBytesMax: SandboxService.leverBytesMax) { [self] request, _ in
            lever { state, _ in
                try state.world.behaviour.change(SandboxService.object(request.body))
                return state.world.behaviour.json
            }
        }
        router.on(.post, "/sandbox/clock", bodyBytesMax: SandboxService.leverBytesMax) { [self] request, _ in
            lever { state, now in
                let seconds = try SandboxService.object(request.body).integer("advance_seconds") ?? -1
                // A century is enough for anybody, and keeps the arithmetic of time out of trouble.
                guard (0...3_155_760_000).contains(seconds) else { throw KlarnaRefusal.badValue("advance_seconds") }
                state.clockOffset += .seconds(seconds)
                return ["now": .string((now + .seconds(seconds)).description)]
            }
        }
        router.on(.delete, "/sandbox") { [self] _, _ in
            forgetEverything()
            return Response(.noContent)
        }
    }

    private func addActions(to router: inout Router) {
        router.on(.post, "/sandbox/hpp/{id}/{action}", bodyBytesMax: SandboxService.leverBytesMax) {
            [self] request, parameters in
            let email = SandboxService.email(in: request)
            let action = ShopperAction(rawValue: parameters["action"])
            var verdict = CheckoutVerdict.approved
            if action == .approve { verdict = await self.verdict(onHPPSession: parameters["id"], email: email) }
            let decided = verdict
            return lever { state, now in
                let action = try SandboxService.known(action, "A shopper can")
                let said = try SandboxService.objectOrNothing(request.body)
                guard said.value("email") == nil || email.map(Words.isEmail) == true else {
                    throw KlarnaRefusal.badValue("email")
                }
                let outcome = try state.world.act(
                    action,
                    onHPPSession: parameters["id"],
                    email: email,
                    verdict: decided,
                    at: now,
                )
                enqueue(outcome.callbacks, in: &state, at: now)
                return ["status": .string(outcome.status.rawValue), "location": .string(outcome.location)]
            }
        }
        router.on(.post, "/sandbox/orders/{id}/{action}", bodyBytesMax: SandboxService.leverBytesMax) {
            [self] request, parameters in
            lever { state, now in
                let body = try SandboxService.objectOrNothing(request.body)
                let action = try SandboxService.known(OrderAction(rawValue: parameters["action"]), "An order can see")
                return try state.world.act(action, onOrder: parameters["id"], body: body, at: now)
            }
        }
        router.on(.post, "/sandbox/tokens/{id}/{action}", bodyBytesMax: SandboxService.leverBytesMax) {
            [self] request, parameters in
            lever { state, now in
                let body = try SandboxService.objectOrNothing(request.body)
                let action = try SandboxService.known(TokenAction(rawValue: parameters["action"]), "A token can see")
                return try state.world.act(action, onToken: parameters["id"], body: body, at: now)
            }
        }
    }

    private func lever(
        _ status: Int = 200,
        _ work: (inout State, Timestamp) throws -> JSON,
    ) -> Response {
        withState { state, now in
            do {
                return Response(
                    KlarnaAnswer(status, json: try work(&state, now), fields: ["cache-control": "no-store"])
                )
            } catch let refusal as KlarnaRefusal {
                return Response(state.world.refuse(refusal))
            } catch {
                return Response(state.world.refuse(.badRequest))
            }
        }
    }

    private static func object(_ body: [UInt8]) throws(KlarnaRefusal) -> JSONObject {
        guard let body = try? JSON.parse(body), case .object(let object) = body else { throw .badRequest }
        return object
    }

    /// What is said with an action, if anything.
    private static func objectOrNothing(_ body: [UInt8]) throws(KlarnaRefusal) -> JSONObject {
        body.isEmpty ? JSONObject() : try object(body)
    }

    /// - Throws: 404 with the actions that there are.
    private static func known<Action: CaseIterable & RawRepresentable<String>>(
        _ action: Action?,
        _ beginning: String,
    ) throws(KlarnaRefusal) -> Action {
        guard let action else {
            let actions = Action.allCases.map(\.rawValue).joined(separator: ", ")
            throw KlarnaRefusal(404, "NOT_FOUND", "\(beginning) \(actions)")
        }
        return action
    }

    private static func email(in request: Request) -> String? {
        (try? objectOrNothing(request.body))?.string("email")
    }
}

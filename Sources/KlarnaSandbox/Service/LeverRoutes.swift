import HTTPMessage
import HTTPServer
import HTTPTypes
import Wire

/// `/sandbox`: act as the shopper, look at what happened, order trouble, turn switches, move the clock, forget.
extension SandboxService {
    private static let leverBytesMax = 10_000

    func addLevers(to router: inout Router) {
        router.on(.post, "/sandbox/hpp/{id}/{action}", bodyBytesMax: SandboxService.leverBytesMax) {
            [self] _, parameters in
            lever { state, now in
                guard let action = ShopperAction(rawValue: parameters["action"]) else {
                    throw KlarnaRefusal(
                        404,
                        "NOT_FOUND",
                        "A shopper can \(ShopperAction.allCases.map(\.rawValue).joined(separator: ", "))",
                    )
                }
                let outcome = try state.world.act(action, onHPPSession: parameters["id"], at: now)
                enqueue(outcome.callbacks, in: &state, at: now)
                return ["status": .string(outcome.status.rawValue), "location": .string(outcome.location)]
            }
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
}

import Wire

/// The switches by their names in `POST /sandbox/behaviour`.
extension SandboxWorld.Behaviour {
    private static let shape = Shape.object([
        optional("honours_idempotency_keys", .boolean),
        optional("repeated_order", .text { SandboxWorld.RepeatedOrder(rawValue: $0) != nil }),
        optional(
            "place_trouble",
            .object([
                optional("percent", .integer(1...100)), optional("status", .integer(400...599)),
                optional("sticky", .boolean), optional("orders_anyway", .boolean),
            ]),
        ),
        optional(
            "late_effects",
            .object([optional("percent", .integer(1...100)), optional("within_ms", .integer(0...600_000))]),
        ),
        optional("completion_delay_ms", .integer(0...86_400_000)),
        optional("order_shown", .text { SandboxWorld.OrderShown(rawValue: $0) != nil }),
        optional("tokens_per_page", .integer(1...3)),
        optional("token_renewal_ms", .integer(1...3_600_000)),
        optional("keeps_older_tokens", .boolean),
        optional("shows_first_token", .boolean),
        optional("omissions", .list(of: .text { SandboxWorld.Omission(rawValue: $0) != nil })),
        optional("enforces_rate_limits", .boolean),
        optional("honours_order_management_keys", .boolean),
        optional("repeats_refusals", .boolean),
        optional("captures_pending", .boolean),
        optional("status_after_release", .text { SandboxWorld.StatusAfterRelease(rawValue: $0) != nil }),
        optional("part_captured_expiry", .text { SandboxWorld.PartCapturedExpiry(rawValue: $0) != nil }),
        optional("payment_method", .text { SandboxWorld.PaymentMethod(rawValue: $0) != nil }),
        optional("repeated_token", .text { SandboxWorld.RepeatedToken(rawValue: $0) != nil }),
        optional("makes_tokens_after_orders", .boolean),
        optional("token_cancellation_delay_ms", .integer(0...86_400_000)),
    ])

    var json: JSON {
        var json: JSONObject = [
            "honours_idempotency_keys": .bool(honoursIdempotencyKeys),
            "repeated_order": .string(repeatedOrder.rawValue),
        ]
        json["place_trouble"] =
            placeTrouble.map { trouble in
                [
                    "percent": .integer(Int64(trouble.percent)), "status": .integer(Int64(trouble.status)),
                    "sticky": .bool(trouble.isSticky), "orders_anyway": .bool(trouble.ordersAnyway),
                ]
            } ?? .null
        json["late_effects"] =
            lateEffects.map { late in
                ["percent": .integer(Int64(late.percent)), "within_ms": .integer(late.within.milliseconds)]
            } ?? .null
        json["completion_delay_ms"] = .integer(completionDelay.milliseconds)
        json["order_shown"] = .string(orderShown.rawValue)
        json["tokens_per_page"] = .integer(Int64(tokensPerPage))
        json["token_renewal_ms"] = tokenRenewal.map { .integer($0.milliseconds) } ?? .null
        json["keeps_older_tokens"] = .bool(keepsOlderTokens)
        json["shows_first_token"] = .bool(showsFirstToken)
        json["omissions"] = .array(
            SandboxWorld.Omission.allCases.filter(omissions.contains).map { .string($0.rawValue) }
        )
        json["enforces_rate_limits"] = .bool(enforcesRateLimits)
        json["honours_order_management_keys"] = .bool(honoursOrderManagementKeys)
        json["repeats_refusals"] = .bool(repeatsRefusals)
        json["captures_pending"] = .bool(capturesPending)
        json["status_after_release"] = .string(statusAfterRelease.rawValue)
        json["part_captured_expiry"] = .string(partCapturedExpiry.rawValue)
        json["payment_method"] = paymentMethod.map { .string($0.rawValue) } ?? .null
        json["repeated_token"] = .string(repeatedToken.rawValue)
        json["makes_tokens_after_orders"] = .bool(makesTokensAfterOrders)
        json["token_cancellation_delay_ms"] = .integer(tokenCancellationDelay.milliseconds)
        return .object(json)
    }

    /// Turns the switches that are named; `null` turns off what can be absent.
    mutating func change(_ changes: JSONObject) throws(KlarnaRefusal) {
        let unknown = changes.names.filter { !Self.shape.memberNames.contains($0) }
        let wrongPaths = unknown + Self.shape.wrongPaths(in: .object(changes), at: "")
        guard wrongPaths.isEmpty else { throw .badValue(wrongPaths) }
        if let isOn = changes["honours_idempotency_keys"]?.bool { honoursIdempotencyKeys = isOn }
        if let word = changes.string("repeated_order") { repeatedOrder = .init(rawValue: word) ?? repeatedOrder }
        if let trouble = changes["place_trouble"] { placeTrouble = trouble.object.map(SandboxWorld.PlaceTrouble.init) }
        if let late = changes["late_effects"] { lateEffects = late.object.map(SandboxWorld.LateEffects.init) }
        if let delay = changes.integer("completion_delay_ms") { completionDelay = .milliseconds(delay) }
        if let word = changes.string("order_shown") { orderShown = .init(rawValue: word) ?? orderShown }
        if let count = changes.integer("tokens_per_page") { tokensPerPage = Int(count) }
        if let pause = changes["token_renewal_ms"] { tokenRenewal = pause.integer.map { .milliseconds($0) } }
        if let isOn = changes["keeps_older_tokens"]?.bool { keepsOlderTokens = isOn }
        if let isOn = changes["shows_first_token"]?.bool { showsFirstToken = isOn }
        if let words = changes["omissions"]?.array {
            omissions = Set(words.compactMap { $0.string.flatMap(SandboxWorld.Omission.init) })
        }
        if let isOn = changes["enforces_rate_limits"]?.bool { enforcesRateLimits = isOn }
        changeOrders(changes)
    }

    /// The switches that concern what comes after the purchase.
    private mutating func changeOrders(_ changes: JSONObject) {
        if let isOn = changes["honours_order_management_keys"]?.bool { honoursOrderManagementKeys = isOn }
        if let isOn = changes["repeats_refusals"]?.bool { repeatsRefusals = isOn }
        if let isOn = changes["captures_pending"]?.bool { capturesPending = isOn }
        if let word = changes.string("status_after_release") {
            statusAfterRelease = .init(rawValue: word) ?? statusAfterRelease
        }
        if let word = changes.string("part_captured_expiry") {
            partCapturedExpiry = .init(rawValue: word) ?? partCapturedExpiry
        }
        if let word = changes["payment_method"] {
            paymentMethod = word.string.flatMap(SandboxWorld.PaymentMethod.init)
        }
        if let word = changes.string("repeated_token") { repeatedToken = .init(rawValue: word) ?? repeatedToken }
        if let isOn = changes["makes_tokens_after_orders"]?.bool { makesTokensAfterOrders = isOn }
        if let delay = changes.integer("token_cancellation_delay_ms") { tokenCancellationDelay = .milliseconds(delay) }
    }
}

extension SandboxWorld.PlaceTrouble {
    fileprivate init(_ json: JSONObject) {
        self.init()
        percent = json.integer("percent").map(Int.init) ?? percent
        status = json.integer("status").map(Int.init) ?? status
        isSticky = json["sticky"]?.bool ?? isSticky
        ordersAnyway = json["orders_anyway"]?.bool ?? ordersAnyway
    }
}

extension SandboxWorld.LateEffects {
    fileprivate init(_ json: JSONObject) {
        self.init(percent: json.integer("percent").map(Int.init) ?? 100)
        within = json.integer("within_ms").map { .milliseconds($0) } ?? within
    }
}

internal import Klarna
internal import Money
internal import Wire

/// Without the body, which may hold personal data and is kept with the secrets.
extension OrderOperation {
    var json: JSON {
        var json = JSONObject()
        json["id"] = .string(id.rawValue)
        json["effect"] = .string(effect.word)
        json["capture"] = effect.capture.map { .string($0.rawValue) }
        json["amount"] = amount.map { .integer($0.value) }
        if !parts.isEmpty { json["parts"] = .array(parts.map(\.json)) }
        json["replaced_lines"] = replacedLines.map { .array($0.map(\.json)) }
        json["merchant_reference1"] = references?.first.map(JSON.string)
        json["merchant_reference2"] = references?.second.map(JSON.string)
        json["reference"] = .string(reference)
        json["origin"] = .string(origin.rawValue)
        json["request_key"] = requestKey.map(JSON.string)
        json["created_at"] = .integer(createdAt.milliseconds)
        json["idempotency_key"] = .string(idempotencyKey)
        json["key_since"] = keySince.map { .integer($0.milliseconds) }
        if attempts != EffectAttempts() { attempts.write(to: &json) }
        json["settled_at"] = settledAt.map { .integer($0.milliseconds) }
        switch outcome {
        case .pending: break
        case .succeeded(let klarnaID): json["succeeded"] = klarnaID.map(JSON.string) ?? .null
        case .failed(let problem): json["failed"] = problem.json
        }
        return .object(json)
    }

    /// `nil` when it is no operation of this version: a checkout is not to be changed without knowing all that was done.
    init?(json: JSON) {
        guard let id = json["id"]?.string.flatMap(ID.init(rawValue:)), let word = json["effect"]?.string,
            let effect = OrderEffect(word: word, capture: json["capture"]?.string.map { CaptureID(rawValue: $0) }),
            let origin = json["origin"]?.string.flatMap(Origin.init(rawValue:)),
            let createdAt = json["created_at"].flatMap(Timestamp.init(json:)),
            let key = json["idempotency_key"]?.string
        else { return nil }
        let parts = (json["parts"]?.array ?? []).map { LinePart(json: $0) }
        guard !parts.contains(nil) else { return nil }
        self.init(
            id: id,
            effect: effect,
            amount: json["amount"]?.integer.map { MinorUnits($0) },
            parts: parts.compactMap(\.self),
            replacedLines: json["replaced_lines"]?.array?.compactMap { OrderLine(json: $0) },
            references: effect == .merchantReferences
                ? MerchantReferences(
                    first: json["merchant_reference1"]?.string,
                    second: json["merchant_reference2"]?.string,
                ) : nil,
            reference: json["reference"]?.string,
            origin: origin,
            requestKey: json["request_key"]?.string,
            createdAt: createdAt,
        )
        idempotencyKey = key
        keySince = json["key_since"].flatMap(Timestamp.init(json:))
        attempts = EffectAttempts(json: json)
        settledAt = json["settled_at"].flatMap(Timestamp.init(json:))
        if let succeeded = json["succeeded"] {
            outcome = .succeeded(klarnaID: succeeded.string)
        } else if let failed = json["failed"] {
            guard let problem = Problem(json: failed) else { return nil }
            outcome = .failed(problem)
        }
    }
}

extension CustomerToken {
    var json: JSON {
        var json = JSONObject()
        json["created_at"] = .integer(createdAt.milliseconds)
        json["status"] = .string(status)
        json["payment_method_type"] = paymentMethodType.map(JSON.string)
        json["masked_number"] = maskedNumber.map(JSON.string)
        return .object(json)
    }

    init?(json: JSON, token: String?, of checkout: Checkout.ID) {
        guard let createdAt = json["created_at"].flatMap(Timestamp.init(json:)),
            let status = json["status"]?.string
        else { return nil }
        self.init(
            madeBy: checkout,
            token: token.map { KlarnaTokenID(rawValue: $0) },
            status: status,
            createdAt: createdAt,
        )
        paymentMethodType = json["payment_method_type"]?.string
        maskedNumber = json["masked_number"]?.string
    }
}

internal import Klarna
internal import Wire

extension OrderPlacement {
    var json: JSON {
        var json = JSONObject()
        json["token"] = .string(token.rawValue)
        json["body"] = .string(String(decoding: body, as: UTF8.self))
        json["idempotency_key"] = .string(idempotencyKey)
        json["authorized_at"] = .integer(authorizedAt.milliseconds)
        attempts.write(to: &json)
        if tokenization != EffectAttempts() {
            var members = JSONObject()
            tokenization.write(to: &members)
            json["tokenization"] = .object(members)
        }
        json["token_refusal"] = tokenRefusal?.json
        json["announced_age"] = announcedAge.map { .integer($0.components.seconds) }
        json["complete_since"] = completeSince.map { .integer($0.milliseconds) }
        return .object(json)
    }

    init?(json: JSON) {
        guard let token = json["token"]?.string, let body = json["body"]?.string,
            let key = json["idempotency_key"]?.string,
            let authorizedAt = json["authorized_at"].flatMap(Timestamp.init(json:))
        else { return nil }
        self.init(
            token: AuthorizationToken(rawValue: token),
            body: Array(body.utf8),
            idempotencyKey: key,
            authorizedAt: authorizedAt,
        )
        attempts = EffectAttempts(json: json)
        tokenization = json["tokenization"].map(EffectAttempts.init(json:)) ?? EffectAttempts()
        tokenRefusal = json["token_refusal"].flatMap(Problem.init(json:))
        announcedAge = json["announced_age"]?.integer.map { .seconds($0) }
        completeSince = json["complete_since"].flatMap(Timestamp.init(json:))
    }
}

extension EffectAttempts {
    /// Among the members of what they are attempts at.
    func write(to json: inout JSONObject) {
        json["attempts"] = .integer(Int64(count))
        json["first_begun_at"] = firstBegunAt.map { .integer($0.milliseconds) }
        json["in_flight_since"] = inFlightSince.map { .integer($0.milliseconds) }
        json["unanswered_at"] = unansweredAt.map { .integer($0.milliseconds) }
        json["refusals"] = .integer(Int64(refusals))
        json["held"] = .integer(Int64(held))
        json["first_refused_at"] = firstRefusedAt.map { .integer($0.milliseconds) }
        json["last_refusal"] = lastRefusal?.json
    }

    init(json: JSON) {
        self.init(countingFrom: Int(json["attempts"]?.integer ?? 0))
        firstBegunAt = json["first_begun_at"].flatMap(Timestamp.init(json:))
        inFlightSince = json["in_flight_since"].flatMap(Timestamp.init(json:))
        unansweredAt = json["unanswered_at"].flatMap(Timestamp.init(json:))
        refusals = Int(json["refusals"]?.integer ?? 0)
        held = Int(json["held"]?.integer ?? 0)
        firstRefusedAt = json["first_refused_at"].flatMap(Timestamp.init(json:))
        lastRefusal = json["last_refusal"].map(Problem.KlarnaAnswer.init(json:))
    }
}

internal import HTTPTypes

extension HTTPField.Name {
    static let idempotencyKey = known("Idempotency-Key")
    static let idempotentReplayed = known("Idempotent-Replayed")
    static let purpose = known("Purpose")
    static let referrerPolicy = known("Referrer-Policy")

    /// A name that is written here, not read from outside.
    private static func known(_ name: String) -> HTTPField.Name {
        guard let known = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
        return known
    }
}

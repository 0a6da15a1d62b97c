/// What every contestant has to answer, byte for byte.
public enum Contest {
    /// The answer to `GET /health`.
    public static let health = #"{"status":"ok","service":"kassa","checks":{"database":"ok"}}"#
    /// The answer to `POST /callback` when the callback is a good one; any other is answered 400.
    public static let accepted = #"{"status":"accepted"}"#
    public static let contentType = "application/json"
}

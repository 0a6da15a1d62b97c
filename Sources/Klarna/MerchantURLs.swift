internal import Wire

/// Where the hosted page sends the shopper, and where Klarna reports. Klarna Hosted Payment Page v1, `merchant_urls`.
///
/// Klarna replaces `{{session_id}}`, `{{order_id}}` and `{{authorization_token}}` in them; the braces are sent as they are.
public struct MerchantURLs: Sendable, Hashable {
    public var success: String?
    /// Where a shop sells online, Klarna takes it for ``back``.
    public var cancel: String?
    public var back: String?
    public var failure: String?
    /// Klarna falls back to ``failure``.
    public var error: String?
    /// Klarna's callbacks; https only.
    public var statusUpdate: String?

    public init(
        success: String? = nil,
        cancel: String? = nil,
        back: String? = nil,
        failure: String? = nil,
        error: String? = nil,
        statusUpdate: String? = nil,
    ) {
        self.success = success
        self.cancel = cancel
        self.back = back
        self.failure = failure
        self.error = error
        self.statusUpdate = statusUpdate
    }

    var json: JSONObject {
        var json = JSONObject()
        json.set("success", success)
        json.set("cancel", cancel)
        json.set("back", back)
        json.set("failure", failure)
        json.set("error", error)
        json.set("status_update", statusUpdate)
        return json
    }
}

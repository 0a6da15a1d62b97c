public import Wire

/// More about a purchase than its lines tell, as some trades owe it. Klarna Payments v1, `attachment`.
public struct Attachment: Sendable, Hashable {
    /// `application/vnd.klarna.internal.emd-v2+json`.
    public var contentType: String
    /// JSON, as a text.
    public var body: String

    public init(contentType: String, body: String) {
        self.contentType = contentType
        self.body = body
    }

    public var json: JSON { ["content_type": .string(contentType), "body": .string(body)] }

    /// `nil` without either member.
    public init?(json: JSON) {
        guard let contentType = json["content_type"]?.string, let body = json["body"]?.string else { return nil }
        self.init(contentType: contentType, body: body)
    }
}

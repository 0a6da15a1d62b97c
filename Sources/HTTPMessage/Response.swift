public import HTTPTypes

/// What a handler answers.
///
/// `Date`, `Content-Length`, `Connection` and `Transfer-Encoding` are the server's to say; given here, they are left out.
public struct Response: Sendable {
    /// Sends a piece of a streamed body. Returns once the connection can take more, throws when nobody reads any longer.
    public typealias BodyWriter = @Sendable (_ bytes: [UInt8]) async throws -> Void

    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Goes from the disk to the peer. A file that becomes shorter meanwhile cuts the connection.
        case file(FilePart)
        /// Written piece by piece by the closure; a throw from it cuts the connection, so that no half answer looks whole.
        /// With a `length` in bytes the closure has to write exactly that many, without one the body is sent in chunks.
        case stream(length: Int? = nil, _ produce: @Sendable (_ write: @escaping BodyWriter) async throws -> Void)
    }

    public var status: HTTPResponse.Status
    public var fields: HTTPFields
    public var body: Body

    public init(_ status: HTTPResponse.Status, fields: HTTPFields = [:], body: Body = .none) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    public init(_ status: HTTPResponse.Status, contentType: String, bytes: [UInt8], fields: HTTPFields = [:]) {
        self.status = status
        self.fields = fields
        self.fields[.contentType] = contentType
        self.body = .bytes(bytes)
    }
}

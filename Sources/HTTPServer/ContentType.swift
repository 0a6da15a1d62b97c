/// The media type of a file.
struct ContentType: Sendable {
    let text: String
    /// Whether files of the type are not compressed by themselves.
    let isCompressible: Bool

    private static let byExtension = [
        "avif": "image/avif",
        "css": "text/css; charset=utf-8",
        "csv": "text/csv; charset=utf-8",
        "gif": "image/gif",
        "gz": "application/gzip",
        "htm": "text/html; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "ico": "image/vnd.microsoft.icon",
        "jpeg": "image/jpeg",
        "jpg": "image/jpeg",
        "js": "text/javascript; charset=utf-8",
        "json": "application/json",
        "map": "application/json",
        "md": "text/markdown; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8",
        "mp4": "video/mp4",
        "otf": "font/otf",
        "pdf": "application/pdf",
        "png": "image/png",
        "svg": "image/svg+xml",
        "ttf": "font/ttf",
        "txt": "text/plain; charset=utf-8",
        "wasm": "application/wasm",
        "webm": "video/webm",
        "webmanifest": "application/manifest+json",
        "webp": "image/webp",
        "woff": "font/woff",
        "woff2": "font/woff2",
        "xml": "application/xml",
        "yaml": "application/yaml",
    ]

    private static let compressible: Set = [
        "application/json", "application/manifest+json", "application/wasm", "application/xml", "application/yaml",
        "font/otf", "font/ttf", "image/svg+xml", "image/vnd.microsoft.icon",
    ]

    /// Tells it by the name's extension. Bytes of an unknown kind are only bytes: a browser then offers to save them and does
    /// not guess.
    init(fileName: String) {
        let named = fileName.lastIndex(of: ".").flatMap { Self.byExtension[fileName[$0...].dropFirst().lowercased()] }
        text = named ?? "application/octet-stream"
        isCompressible = text.hasPrefix("text/") || Self.compressible.contains(text)
    }
}

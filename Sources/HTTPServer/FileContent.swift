import COpenSSL
import HTTPMessage

/// Where the bytes of a representation are.
enum FileContent: Sendable {
    case memory([UInt8])
    case disk(OpenFile)

    /// Takes a file of at most `cachedFileBytesMax` bytes into memory; nil when it cannot be read. Blocks.
    init?(_ file: OpenFile, cachedFileBytesMax: Int) {
        guard file.version.size <= cachedFileBytesMax else {
            self = .disk(file)
            return
        }
        guard let bytes = file.part(0..<file.version.size).read() else { return nil }
        self = .memory(bytes)
    }

    var count: Int {
        switch self {
        case .memory(let bytes): bytes.count
        case .disk(let file): file.version.size
        }
    }

    /// What an entity tag says of the bytes: another word for whatever other bytes. For bytes in memory it is the same on every
    /// machine and after every deployment that brings them again.
    var tag: String {
        switch self {
        case .memory(let bytes): Self.digest(bytes) ?? String(bytes.count)
        case .disk(let file): Self.digest(Array(file.version.text.utf8)) ?? file.version.text
        }
    }

    func body(_ range: Range<Int>) -> Response.Body {
        switch self {
        case .memory(let bytes): .bytes(range.count == bytes.count ? bytes : Array(bytes[range]))
        case .disk(let file): .file(file.part(range))
        }
    }

    /// The first half of SHA-256, in hexadecimal; nil when OpenSSL has no memory.
    private static func digest(_ bytes: [UInt8]) -> String? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        guard unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1 else { return nil }
        return digest.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

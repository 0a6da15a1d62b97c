internal import Crypto

/// A UUID that is always the same for the same text: an idempotency key that needs not be kept to be known again.
///
/// Version 8 (RFC 9562: made by a scheme of our own), of the first 16 bytes of the text's SHA-256.
func derivedUUID(_ text: String) -> String {
    var uuid = ""
    for (index, byte) in SHA256.hash(data: Array(text.utf8)).prefix(16).enumerated() {
        let marked =
            switch index {
            case 6: byte & 0x0F | 0x80
            case 8: byte & 0x3F | 0x80
            case _: byte
            }
        if [4, 6, 8, 10].contains(index) { uuid += "-" }
        uuid += (marked < 16 ? "0" : "") + String(marked, radix: 16)
    }
    return uuid
}

import CZlib

/// gzip, as `Content-Encoding` means it (RFC 9110 8.4.1.3).
///
/// Only files are coded. What is made for one person holds secrets, and may hold what somebody else made them send: coded
/// together, its length would tell of them.
enum Gzip {
    /// Less than this comes in one packet anyway.
    static let bytesMin = 1024

    /// `bytes` coded as tightly as zlib can; nil when that is not at least a tenth shorter, or there is no memory. Blocks.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        let limit = bytes.count / 10 * 9
        guard bytes.count >= bytesMin, bytes.count <= UInt32.max else { return nil }
        var stream = unsafe z_stream()
        guard unsafe czlib_begin_gzip(&stream, Z_BEST_COMPRESSION) == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        // zlib only reads from where it says it may write.
        var bytes = bytes
        let coded = unsafe [UInt8](unsafeUninitializedCapacity: limit) { output, count in
            unsafe bytes.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                // What does not fit is not worth it.
                guard unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END else { return }
                count = unsafe output.count - Int(stream.avail_out)
            }
        }
        return coded.isEmpty ? nil : coded
    }

    /// Whether `bytes` begin as gzip does (RFC 1952 2.3).
    static func isBegun(by bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x1F, 0x8B, 8])
    }
}

import CLinux
import Glibc
import HTTPMessage

/// The file became shorter while it was sent: the answer cannot be completed.
struct FileChanged: Error {}

extension FilePart {
    /// The system reads ahead by at least so much, so where two bytes this far apart are in memory, so is what lies between.
    private static let probeBytes = 128 * 1024

    /// Whether the system holds all of it in memory, as far as samples tell: a page missing between two of them costs the
    /// one who sends it a wait for the disk, and nothing else.
    var isInMemory: Bool {
        guard let last = range.last else { return true }
        return stride(from: range.lowerBound, to: last, by: Self.probeBytes).allSatisfy(holds) && holds(last)
    }

    /// It in pieces of at most `bytes`.
    func pieces(of bytes: Int) -> some Sequence<FilePart> {
        stride(from: range.lowerBound, to: range.upperBound, by: bytes).lazy.map { start in
            part(start..<start + min(bytes, range.upperBound - start))
        }
    }

    /// Its bytes; nil when the file has become shorter, or cannot be read. Blocks.
    func read() -> [UInt8]? {
        if range.isEmpty { return [] }
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            while filled < range.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<range.count]
                )
                let got = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(range.lowerBound + filled))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    failed = true
                    return
                }
                filled += got
            }
        }
        return failed ? nil : bytes
    }

    private func holds(_ offset: Int) -> Bool {
        clinux_is_in_memory(descriptor, Int64(offset)) == 1
    }
}

import CAssets

/// The files of the sandbox's pages, as they were when the program was built.
///
/// The only place in this room that touches C's pointers: they point at constants of the program, of the length beside
/// them.
enum SandboxAssets {
    static var layout: String { unsafe text(sandbox_layout_bytes(), sandbox_layout_length()) }
    static var payment: String { unsafe text(sandbox_payment_bytes(), sandbox_payment_length()) }
    static var outcome: String { unsafe text(sandbox_outcome_bytes(), sandbox_outcome_length()) }
    static var css: String { unsafe text(sandbox_css_bytes(), sandbox_css_length()) }

    static var icon: [UInt8] {
        let icon = kassa_page_icon()
        return unsafe Array(UnsafeBufferPointer(start: icon.bytes, count: icon.count))
    }

    private static func text(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> String {
        unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self)
    }
}

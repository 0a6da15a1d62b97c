import COpenSSL
import Glibc

/// A certificate with those that vouch for it, and its private key, as OpenSSL holds them.
///
/// Unchecked: nothing changes it after its `init`, and OpenSSL counts references to its parts atomically.
@safe final class TLSCredentials: @unchecked Sendable {
    private static let fileBytesMax = 1 << 20

    private let certificatePath: String
    private let privateKeyPath: String
    /// The server's own comes first.
    private var certificates: [OpaquePointer] = unsafe []
    private var key: OpaquePointer?

    init(certificate: String, privateKey: String) throws(TLSError) {
        certificatePath = certificate
        privateKeyPath = privateKey
        try readCertificates()
        try readKey()
        try requireFit()
    }

    deinit {
        for index in unsafe certificates.indices { unsafe X509_free(certificates[index]) }
        unsafe EVP_PKEY_free(key)
    }

    var summary: TLSCertificate {
        var subject = [CChar](repeating: 0, count: 256)
        var expiry: Int64 = 0
        guard let own = unsafe certificates.first else { return TLSCertificate(subject: "", expiry: 0) }
        unsafe copenssl_subject(own, &subject, Int32(subject.count))
        _ = unsafe copenssl_expiry(own, &expiry)
        let text = String(decoding: subject.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return TLSCertificate(subject: text, expiry: Int(expiry))
    }

    /// Gives a context the certificate, its chain and its key.
    func use(in context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        guard let own = unsafe certificates.first, unsafe SSL_CTX_use_certificate(context, own) == 1 else {
            throw certificateError("cannot be used: \(TLSFailure.last)")
        }
        for index in unsafe certificates.indices.dropFirst() {
            guard unsafe copenssl_add_chain_certificate(context, certificates[index]) else {
                throw certificateError("holds a certificate of its chain that cannot be used: \(TLSFailure.last)")
            }
        }
        guard unsafe SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw keyError("cannot be used: \(TLSFailure.last)")
        }
    }

    private func readCertificates() throws(TLSError) {
        let pem: [UInt8]
        do throws(FileProblem) {
            pem = try Self.read(certificatePath, isSecret: false)
        } catch {
            throw certificateError(error.reason)
        }
        ERR_clear_error()
        // OpenSSL reads where the bytes lie, so they have to stay there until it has.
        let isWhole = unsafe pem.withUnsafeBytes { bytes in
            let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer { unsafe BIO_free(source) }
            while let certificate = unsafe PEM_read_bio_X509(source, nil, nil, nil) {
                unsafe certificates.append(certificate)
            }
            return copenssl_is_end_of_pem(ERR_peek_last_error())
        }
        guard isWhole else { throw certificateError("holds a damaged certificate: \(TLSFailure.last)") }
        guard unsafe !certificates.isEmpty else { throw certificateError("holds no certificate in PEM") }
    }

    private func readKey() throws(TLSError) {
        var pem: [UInt8]
        do throws(FileProblem) {
            pem = try Self.read(privateKeyPath, isSecret: true)
        } catch {
            throw keyError(error.reason)
        }
        ERR_clear_error()
        var asksForPassphrase = false
        unsafe key = unsafe pem.withUnsafeMutableBytes { bytes in
            let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer {
                unsafe BIO_free(source)
                unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
            }
            // Without a function of ours OpenSSL would ask on the terminal, and wait.
            return unsafe PEM_read_bio_PrivateKey(
                source,
                nil,
                { _, _, _, asks in
                    unsafe asks?.storeBytes(of: true, as: Bool.self)
                    return -1
                },
                &asksForPassphrase,
            )
        }
        guard unsafe key == nil else { return }
        if asksForPassphrase { throw keyError("is protected by a passphrase: store the key without one") }
        throw keyError("holds no private key in PEM, or a damaged one")
    }

    private func requireFit() throws(TLSError) {
        guard let own = unsafe certificates.first, unsafe X509_check_private_key(own, key) == 1 else {
            throw keyError("is not the key of the first certificate in \(certificatePath)")
        }
    }

    private func certificateError(_ problem: String) -> TLSError {
        TLSError(file: .certificate, reason: "\(certificatePath) \(problem)")
    }

    private func keyError(_ problem: String) -> TLSError {
        TLSError(file: .privateKey, reason: "\(privateKeyPath) \(problem)")
    }

    private struct FileProblem: Error {
        let reason: String
    }

    private static func read(_ path: String, isSecret: Bool) throws(FileProblem) -> [UInt8] {
        // Not blocking: a pipe in the place of a file must not stop the start.
        let raw = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw FileProblem(reason: "cannot be opened: \(SystemError.last)") }
        let file = Descriptor(owning: raw)
        var status = stat()
        guard unsafe fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileProblem(reason: "is not a file")
        }
        guard !isSecret || status.st_mode & S_IROTH == 0 else {
            throw FileProblem(reason: "is a private key that everybody can read: run chmod o-r \(path)")
        }
        guard status.st_size <= fileBytesMax else { throw FileProblem(reason: "is larger than 1 MiB") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let more = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file.raw, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if more < 0 { throw FileProblem(reason: "cannot be read: \(SystemError.last)") }
            if more == 0 { break }
            count += more
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

#define _GNU_SOURCE
#include "COpenSSL.h"

#include <openssl/pemerr.h>
#include <stdint.h>
#include <time.h>

_Bool copenssl_require_tls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) && SSL_CTX_set_max_proto_version(context, 0);
}

_Bool copenssl_set_groups(SSL_CTX *context, const char *groups) { return SSL_CTX_set1_groups_list(context, groups); }

void copenssl_set_server_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
}

void copenssl_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
}

void copenssl_keep_no_sessions(SSL_CTX *context) { SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); }

_Bool copenssl_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate);
}

static int choose_http11(SSL *session, const unsigned char **chosen, unsigned char *chosen_size,
                         const unsigned char *offered, unsigned int offered_size, void *nothing) {
    (void)session;
    (void)nothing;
    static const unsigned char spoken[] = "\x08http/1.1";
    unsigned char *match;
    // On a mismatch `match` is the first of ours; it is not used then. RFC 7301 3.2: alert no_application_protocol.
    if (SSL_select_next_proto(&match, chosen_size, spoken, sizeof spoken - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

void copenssl_choose_http11(SSL_CTX *context) { SSL_CTX_set_alpn_select_cb(context, choose_http11, NULL); }

void copenssl_subject(const X509 *certificate, char *text, int size) {
    text[0] = 0;
    BIO *memory = BIO_new(BIO_s_mem());
    if (!memory) return;
    X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    int count = BIO_read(memory, text, size - 1);
    text[count > 0 ? count : 0] = 0;
    BIO_free(memory);
}

_Bool copenssl_expiry(const X509 *certificate, long long *seconds) {
    struct tm time;
    if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time)) return 0;
    *seconds = timegm(&time);
    return 1;
}

_Bool copenssl_is_end_of_pem(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static long count_reads(BIO *socket, int operation, const char *bytes, size_t size, int argument, long long_argument,
                        int result, size_t *processed) {
    (void)bytes;
    (void)size;
    (void)argument;
    (void)long_argument;
    (void)processed;
    if (operation != BIO_CB_READ) return result;
    intptr_t left = (intptr_t)BIO_get_callback_arg(socket);
    if (left == 0) {
        BIO_set_retry_read(socket);
        return -1;
    }
    BIO_set_callback_arg(socket, (char *)(left - 1));
    return result;
}

void copenssl_limit_reads(SSL *session) { BIO_set_callback_ex(SSL_get_rbio(session), count_reads); }

void copenssl_allow_reads(SSL *session, int count) {
    BIO_set_callback_arg(SSL_get_rbio(session), (char *)(intptr_t)count);
}

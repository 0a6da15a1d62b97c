// OpenSSL as Swift can call it: its functions come through these headers, its macros through the functions below.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// TLS 1.2 and nothing older. False on failure, here and below.
_Bool copenssl_require_tls12(SSL_CTX *context);

// The key agreements to offer, in their order, such as "X25519:P-256".
_Bool copenssl_set_groups(SSL_CTX *context, const char *groups);

// What a server does and leaves: its own preference of ciphers, but ChaCha for clients without AES in hardware; no
// renegotiation; an end of the connection without close_notify is an end, because HTTP says itself where messages end.
void copenssl_set_server_options(SSL_CTX *context);

// For sockets that do not block: write what there is room for, from wherever the bytes are by then; read all that has
// come at once; keep no buffers while nothing is on its way.
void copenssl_set_modes(SSL_CTX *context);

// Sessions are kept by clients, in tickets, and nowhere else.
void copenssl_keep_no_sessions(SSL_CTX *context);

// Adds a certificate between the server's own and one that clients know. Takes a reference of its own.
_Bool copenssl_add_chain_certificate(SSL_CTX *context, X509 *certificate);

// Chooses http/1.1 when a client names the protocols it speaks, and refuses one that does not name it.
void copenssl_choose_http11(SSL_CTX *context);

// The subject of a certificate as RFC 2253 writes it, cut to fit.
void copenssl_subject(const X509 *certificate, char *text, int size);

// The end of a certificate's validity in seconds since 1970. False when it holds no such time.
_Bool copenssl_expiry(const X509 *certificate, long long *seconds);

// Whether an error of the queue is one of the PEM reader's: no more certificates in the file.
_Bool copenssl_is_end_of_pem(unsigned long error);

// Makes a session whose socket is set ask for as many reads as it wants to make: copenssl_allow_reads.
void copenssl_limit_reads(SSL *session);

// From now on the socket is read this many times; then it seems to be empty. OpenSSL goes on by itself as long as what
// comes holds nothing for its caller, and whoever sends such things without end would keep a thread to himself.
void copenssl_allow_reads(SSL *session, int count);

// OpenSSL as Swift can call it: its functions come through these headers, its macros through the functions below.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

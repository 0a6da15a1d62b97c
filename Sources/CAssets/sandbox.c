#include "sandbox_assets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define KASSA_ASSET(name) \
    const unsigned char *name##_bytes(void) { return name; } \
    size_t name##_length(void) { return sizeof name; }

static const unsigned char sandbox_layout[] = {
#embed "sandbox/layout.mustache"
};
KASSA_ASSET(sandbox_layout)

static const unsigned char sandbox_payment[] = {
#embed "sandbox/payment.mustache"
};
KASSA_ASSET(sandbox_payment)

static const unsigned char sandbox_outcome[] = {
#embed "sandbox/outcome.mustache"
};
KASSA_ASSET(sandbox_outcome)

static const unsigned char sandbox_css[] = {
#embed "sandbox/page.css"
};
KASSA_ASSET(sandbox_css)

#pragma once
#include <stddef.h>

// The pages of the sandbox, embedded from `sandbox/`: where the bytes of each file begin, and how many they are.
#define KASSA_ASSET(name) \
    const unsigned char *_Nonnull name##_bytes(void); \
    size_t name##_length(void);

KASSA_ASSET(sandbox_layout)
KASSA_ASSET(sandbox_payment)
KASSA_ASSET(sandbox_outcome)
KASSA_ASSET(sandbox_css)

#undef KASSA_ASSET

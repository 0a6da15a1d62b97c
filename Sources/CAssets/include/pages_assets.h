#pragma once

#include <stddef.h>

#pragma clang assume_nonnull begin

/// A file built into the program: bytes that live as long as it does, which is why it is safe to hand around.
typedef struct __attribute__((swift_attr("safe"))) {
    const unsigned char *bytes;
    size_t count;
} CAsset;

/// The page a shopper comes back to, as mustache.
CAsset kassa_result_template(void);

/// Its style sheet, for `/assets/result.css`.
CAsset kassa_result_css(void);

/// Its script, for `/assets/result.js`; the page works without.
CAsset kassa_result_script(void);

/// The icon of built-in pages, for `/assets/icon.svg`.
CAsset kassa_page_icon(void);

#pragma clang assume_nonnull end

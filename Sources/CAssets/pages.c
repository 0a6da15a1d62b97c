#include "pages_assets.h"

// `#embed` is C23; the compiler takes it in every mode but says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char result_template[] = {
#embed "pages/result.mustache"
};

static const unsigned char result_css[] = {
#embed "pages/result.css"
};

static const unsigned char result_script[] = {
#embed "pages/result.js"
};

static const unsigned char page_icon[] = {
#embed "pages/icon.svg"
};

CAsset kassa_result_template(void) {
    return (CAsset){result_template, sizeof result_template};
}

CAsset kassa_result_css(void) {
    return (CAsset){result_css, sizeof result_css};
}

CAsset kassa_result_script(void) {
    return (CAsset){result_script, sizeof result_script};
}

CAsset kassa_page_icon(void) {
    return (CAsset){page_icon, sizeof page_icon};
}

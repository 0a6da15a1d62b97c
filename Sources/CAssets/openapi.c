#include "openapi_assets.h"

// `#embed` is C23; the compiler takes it in every mode but says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char openapi[] = {
#embed "../../openapi.yaml"
};

CAsset kassa_openapi(void) {
    return (CAsset){openapi, sizeof openapi};
}

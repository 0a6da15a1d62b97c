#pragma once

#include "pages_assets.h"

#pragma clang assume_nonnull begin

/// `openapi.yaml`, for `/openapi.yaml`.
CAsset kassa_openapi(void);

#pragma clang assume_nonnull end

#pragma once

#include "pages_assets.h"
#include "sandbox_assets.h"
#include "openapi_assets.h"

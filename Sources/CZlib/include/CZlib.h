// zlib as Swift can call it: its functions come through its header, its macros through the function below.
#pragma once

#include <zlib.h>

// Prepares `stream` to write the gzip format at a level from 1 to 9. Z_OK, or what zlib says.
int czlib_begin_gzip(z_stream *stream, int level);

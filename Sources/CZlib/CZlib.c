#include "CZlib.h"

int czlib_begin_gzip(z_stream *stream, int level) {
    // 16 more than the window's 15 bits asks for gzip instead of zlib's own format.
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

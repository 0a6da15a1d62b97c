#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/uio.h>

int clinux_is_in_memory(int file, int64_t offset) {
    char byte;
    struct iovec one = {&byte, 1};
    return !(preadv2(file, &one, 1, offset, RWF_NOWAIT) < 0 && errno == EAGAIN);
}

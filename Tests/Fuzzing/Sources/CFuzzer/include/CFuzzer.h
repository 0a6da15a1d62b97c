// The entry of libFuzzer, which the compiler links where a program is built with `-sanitize=fuzzer`.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Calls `take` with inputs without end, or with those in the files that are named. `take` returns 0.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*take)(const uint8_t *bytes, size_t count));

/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. */
#ifndef MST_TESTS_FUZZ_MUST_H
#define MST_TESTS_FUZZ_MUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Bytes that an output may have. */
enum { FUZZ_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
fuzz_must(bool good)
{
    if (!good) {
        abort();
    }
}

#endif

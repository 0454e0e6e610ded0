/* SPDX-License-Identifier: MIT */
/* Prints docs/reference.md; see scripts/gen-reference. */
#include <stdio.h>
#include <stdlib.h>

#include "builtins.h"
#include "config/reference.h"

enum { REFERENCE_MAX = 4 * 1024 * 1024 };

int
main(void)
{
    struct mst_buf out;
    mst_buf_init(&out, REFERENCE_MAX);
    int code = EXIT_FAILURE;
    if (mst_config_reference(&mst_builtins, &out) == MST_OK && out.len > 0
        && fwrite(out.data, 1, out.len - 1, stdout) == out.len - 1
        && fflush(stdout) == 0) {
        code = EXIT_SUCCESS;
    }
    mst_buf_clear(&out);
    return code;
}

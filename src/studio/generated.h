/* SPDX-License-Identifier: MIT */
/* A case whose expectation is what the script makes of its input now. Private.
 */
#ifndef MST_STUDIO_GENERATED_H
#define MST_STUDIO_GENERATED_H

#include "base/json_write.h"
#include "studio/case.h"

struct studio_generated {
    const struct mst_studio_script *script;
    struct mst_slice attributes; /* a JSON object; data == NULL: none */
    struct mst_json *out;
    size_t n;
};

/* Runs the script twice, so that what is another one each time is expected by
 * its type only, and writes the case. input: data == NULL is no document.
 * assertions: also one for each value. MST_REJECTED: the attributes are none;
 * MST_RETRY: the time was over, nothing was written.
 */
MST_MUST_CHECK enum mst_status
studio_generated_add(struct studio_generated *self, const char *name,
                     struct mst_slice input, bool assertions,
                     struct mst_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/* What a test did not find as it should be, as the API tells it. */
#ifndef MST_STUDIO_FAILURE_H
#define MST_STUDIO_FAILURE_H

#include "base/json_write.h"
#include "studio/value.h"

enum { MST_STUDIO_FAILURES_MAX = 100 }; /* of a case; the rest are counted */

/* Thread: one at a time. */
struct mst_studio_failures {
    struct mst_json json; /* an array, open */
    size_t n;
    const char *prefix; /* of all paths */
};

void mst_studio_failures_init(struct mst_studio_failures *failures);
void mst_studio_failures_clear(struct mst_studio_failures *failures);

/* One more. kind: "equals"; expected and actual may be NULL or of type 0,
 * which is null. */
void mst_studio_failures_add(struct mst_studio_failures *failures,
                             const char *path, const char *kind,
                             const struct mst_bson_value *expected,
                             const struct mst_bson_value *actual,
                             const char *message);

/* A mst_studio_difference: arg is a struct mst_studio_failures *. */
enum mst_status mst_studio_failures_told(void *arg,
                                         const struct mst_studio_path *path,
                                         const struct mst_bson_value *expected,
                                         const struct mst_bson_value *actual);

/* Writes "failures" where there are any.*/
void mst_studio_failures_write(struct mst_studio_failures *failures,
                               struct mst_json *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One thing that a test says of a result:
 *
 *     {"path": "a.b[0].c", "assert_type": "gte", "expected_value": 3}
 *
 * "@name" is the attribute of that name, "" the document. "result" is the
 * number of the result, from 0; the first unless said.
 */
#ifndef MST_STUDIO_ASSERTION_H
#define MST_STUDIO_ASSERTION_H

#include "studio/failure.h"
#include "studio/run.h"

enum mst_studio_assert {
    MST_STUDIO_EQUALS,
    MST_STUDIO_CONTAINS,
    MST_STUDIO_TYPE_MATCHES,
    MST_STUDIO_GT,
    MST_STUDIO_GTE,
    MST_STUDIO_LT,
    MST_STUDIO_LTE,
    MST_STUDIO_EXISTS,
    MST_STUDIO_MATCHES
};

/* Borrowed from what it was read from. */
struct mst_studio_assertion {
    struct mst_slice path;
    enum mst_studio_assert kind;
    struct mst_bson_value expected; /* type 0: not said */
    int64_t result;
};

/* MST_REJECTED: it is none, and why. */
MST_MUST_CHECK enum mst_status
mst_studio_assertion_read(struct mst_slice bson,
                          struct mst_studio_assertion *ret,
                          struct mst_error *err);

/* Adds a failure unless it holds. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_studio_assertion_check(const struct mst_studio_assertion *assertion,
                           const struct mst_studio_run *run,
                           struct mst_studio_failures *failures,
                           struct mst_error *err);

/* Whether it says something of the value at path in result n: strict mode
 * wants that of each. */
bool mst_studio_assertion_covers(const struct mst_studio_assertion *assertion,
                                 int64_t n, struct mst_slice path);

const char *mst_studio_assert_name(enum mst_studio_assert kind);

#endif

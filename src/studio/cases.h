/* SPDX-License-Identifier: MIT */
/*
 * Tests of a script. Each case has a script of its own:
 *
 *     {"name", "input" or "inputs", "attributes"?, "expected"?,
 *      "expected_attributes"?, "expected_error"?, "assertions"?,
 *      "strict_mode"?}
 *
 * docs/studio.md tells what they mean.
 */
#ifndef MST_STUDIO_CASES_H
#define MST_STUDIO_CASES_H

#include "base/json_write.h"
#include "studio/run.h"

enum { MST_STUDIO_CASES_MAX = 1000 };

struct mst_studio_totals {
    size_t total;
    size_t passed;
};

/* Runs them all and writes {"results", "summary"}. cases: a BSON array.
 * MST_REJECTED: the script does not compile, or a case is none; MST_FATAL: no
 * memory. */
MST_MUST_CHECK enum mst_status
mst_studio_cases_run(const struct mst_studio_script *script,
                     struct mst_slice cases, struct mst_json *out,
                     struct mst_studio_totals *ret, struct mst_error *err);

/* Whether all of them are cases; nothing is run. */
MST_MUST_CHECK enum mst_status mst_studio_cases_check(struct mst_slice cases,
                                                      struct mst_error *err);

/* A JSON array as BSON, appended to out: {"cases": text}. Its value is
 * returned, in out's memory. */
MST_MUST_CHECK enum mst_status mst_studio_cases_parse(struct mst_slice json,
                                                      struct mst_buf *out,
                                                      struct mst_slice *ret,
                                                      struct mst_error *err);

#endif

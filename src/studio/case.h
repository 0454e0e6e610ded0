/* SPDX-License-Identifier: MIT */
/* One case of a test: read, run, held against what it expects. Private. */
#ifndef MST_STUDIO_CASE_H
#define MST_STUDIO_CASE_H

#include "studio/assertion.h"

enum { STUDIO_CASE_NAME_MAX = 256, STUDIO_CASE_ASSERTIONS_MAX = 1000 };

/* Borrowed from the BSON it was read from; type 0: not said. */
struct studio_case {
    struct mst_slice name;
    struct mst_bson_value input;  /* a document, null, or a text of JSON */
    struct mst_bson_value inputs; /* an array of them */
    struct mst_bson_value attributes;
    struct mst_bson_value expected;
    struct mst_bson_value expected_attributes;
    struct mst_bson_value expected_error;
    struct mst_bson_value assertions;
    bool strict;
};

/* What came of it. */
struct studio_outcome {
    struct mst_studio_run run;
    enum mst_status status;
    struct mst_error err; /* unless MST_OK */
};

/* MST_REJECTED: it is none, and why. */
MST_MUST_CHECK enum mst_status studio_case_read(struct mst_slice bson,
                                                struct studio_case *ret,
                                                struct mst_error *err);

/* Gives its inputs to a script of its own. MST_REJECTED: an input is none;
 * MST_FATAL: no memory. What the script says is in the outcome, which is to be
 * cleared in each case: mst_studio_run_clear(&outcome->run). */
MST_MUST_CHECK enum mst_status
studio_case_run(const struct studio_case *one,
                const struct mst_studio_script *script,
                struct studio_outcome *outcome, struct mst_error *err);

/* Adds what is not as expected. */
MST_MUST_CHECK enum mst_status
studio_case_judge(const struct studio_case *one,
                  const struct studio_outcome *outcome,
                  struct mst_studio_failures *failures, struct mst_error *err);

/* The results as one value: null, the document, or an array of them; in out's
 * memory. attributes: theirs instead. */
MST_MUST_CHECK enum mst_status
studio_results_value(const struct mst_studio_run *run, bool attributes,
                     bool always_array, struct mst_buf *out,
                     struct mst_bson_value *ret, struct mst_error *err);

/* Writes "expected" or so: a value that reads back as it is. */
MST_MUST_CHECK enum mst_status
studio_write_value(struct mst_json *out, const char *name,
                   const struct mst_bson_value *value, struct mst_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/* The results of a test, for people and for what reads JUnit's XML. */
#ifndef MST_MSTREAM_TEST_REPORT_H
#define MST_MSTREAM_TEST_REPORT_H

#include <jansson.h>

#include "output.h"

/* {"results", "summary"} as lines. */
void mst_test_report(const json_t *answer, struct mst_output *out);

/* The same into a file. MST_FATAL: it can not be written. */
MST_MUST_CHECK enum mst_status mst_test_report_junit(const json_t *answer,
                                                     const char *name,
                                                     const char *path,
                                                     struct mst_error *err);

/* Whether all passed. */
bool mst_test_report_is_good(const json_t *answer);

#endif

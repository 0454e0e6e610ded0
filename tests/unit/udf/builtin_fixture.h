/* SPDX-License-Identifier: MIT */
/* A built-in middleware with its options, as they stand in a file. */
#ifndef MST_TESTS_UDF_BUILTIN_FIXTURE_H
#define MST_TESTS_UDF_BUILTIN_FIXTURE_H

#include "core/middleware.h"
#include "script_fixture.h"

struct builtin_step {
    const struct mst_middleware_type *type;
    void *options;
    void *ctx; /* NULL: not created */
    struct mst_error err;
};

/* By name; options in TOML, a line each. False: step->err says what is wrong
 * with them. To be ended either way. */
bool builtin_begin(struct builtin_step *step, const char *name,
                   const char *options);
/* Likewise, of options that were read: what create says. */
enum mst_status builtin_create(struct builtin_step *step);
void builtin_end(struct builtin_step *step);

/* One event through it; the results are in result->out. */
void builtin_feed(struct builtin_step *step, const struct mst_event *event,
                  struct script_result *result);

#endif

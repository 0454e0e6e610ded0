/* SPDX-License-Identifier: MIT */
/*
 * Everything that is wrong with a configuration, collected in one go.
 * Messages never hold a secret: who adds one has left the value out.
 */
#ifndef MST_CONFIG_PROBLEMS_H
#define MST_CONFIG_PROBLEMS_H

#include <stdbool.h>

#include "base/buf.h"

enum mst_problem_severity { MST_PROBLEM_ERROR, MST_PROBLEM_WARNING };

/* A place in the configuration. Borrowed texts; line 0: no place in it. */
struct mst_place {
    const char *file;
    uint32_t line;
    uint32_t column;
    const char *path; /* "connectors[0].sinks[1].resource", "" for none */
};

struct mst_problem {
    enum mst_problem_severity severity;
    char *file;
    uint32_t line;   /* 1-based, 0: the file as a whole */
    uint32_t column; /* in bytes, 1-based */
    char *path;
    char *text;
    char *hint; /* NULL: none */
};

enum { MST_PROBLEMS_MAX = 1000 };

/* Ownership: all texts. A zeroed struct is empty and valid. */
struct mst_problems {
    struct mst_problem *items;
    size_t len;
    size_t cap;
    size_t errors; /* warnings are the rest */
    bool failed;   /* out of memory, or more than MST_PROBLEMS_MAX: not all */
};

void mst_problems_clear(struct mst_problems *problems);

/* Adds one. hint may be NULL. Without memory `failed` and `errors` are set,
 * so that nobody takes the configuration for good. */
void mst_problems_add(struct mst_problems *problems,
                      enum mst_problem_severity severity,
                      const struct mst_place *place, const char *hint,
                      const char *fmt, ...) MST_PRINTF(5, 6);

/* By file, line and column; those without a place first. */
void mst_problems_sort(struct mst_problems *problems);

/* "file:line:column: error: text (path)", hint below, a line each. */
MST_MUST_CHECK enum mst_status
mst_problems_text(const struct mst_problems *problems, struct mst_buf *out);
/* An array of {severity, file, line, column, path, message, hint}. */
MST_MUST_CHECK enum mst_status
mst_problems_json(const struct mst_problems *problems, struct mst_buf *out);

#endif

/* SPDX-License-Identifier: MIT */
/* Reports of what is not compatible, and what levels ask for. */
#include "schema/compatibility.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
mst_compat_report_clear(struct mst_compat_report *report)
{
    for (size_t i = 0; i < report->len; i++) {
        free(report->problems[i].path);
        free(report->problems[i].reason);
    }
    free(report->problems);
    memset(report, 0, sizeof(*report));
}

enum mst_status
mst_compat_add(struct mst_compat_report *report, const char *type,
               const char *path, const char *fmt, ...)
{
    va_list list;
    char reason[512];
    if (report->len == MST_COMPAT_PROBLEMS_MAX) {
        report->more++;
        return MST_OK;
    }
    if (report->problems == NULL) {
        report->problems =
            calloc(MST_COMPAT_PROBLEMS_MAX, sizeof(*report->problems));
    }
    if (report->problems == NULL) {
        return MST_FATAL;
    }
    va_start(list, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, list);
    va_end(list);
    struct mst_compat_problem *problem = &report->problems[report->len];
    problem->type = type;
    problem->path = strdup(path != NULL ? path : "");
    problem->reason = strdup(reason);
    problem->version = report->version;
    problem->forward = report->forward;
    report->len++;
    return problem->path == NULL || problem->reason == NULL ? MST_FATAL
                                                            : MST_OK;
}

enum mst_status
mst_compat_describe(const struct mst_compat_problem *problem,
                    struct mst_buf *out)
{
    char other[32] = "the old schema";
    if (problem->version != 0) {
        (void)snprintf(other, sizeof(other), "version %u", problem->version);
    }
    const char *mine = "the new schema";
    return mst_buf_printf(
        out, "%s can not read data of %s: %s%s%s",
        problem->forward ? other : mine, problem->forward ? mine : other,
        problem->path, problem->path[0] != '\0' ? ": " : "", problem->reason);
}

bool
mst_compat_wants(enum mst_schema_level level, bool forward)
{
    bool full = level == MST_LEVEL_FULL || level == MST_LEVEL_FULL_TRANSITIVE;
    if (forward) {
        return full || level == MST_LEVEL_FORWARD
               || level == MST_LEVEL_FORWARD_TRANSITIVE;
    }
    return full || level == MST_LEVEL_BACKWARD
           || level == MST_LEVEL_BACKWARD_TRANSITIVE;
}

bool
mst_compat_is_transitive(enum mst_schema_level level)
{
    return level == MST_LEVEL_BACKWARD_TRANSITIVE
           || level == MST_LEVEL_FORWARD_TRANSITIVE
           || level == MST_LEVEL_FULL_TRANSITIVE;
}

/* SPDX-License-Identifier: MIT */
/* Whether data written with one schema can be read with another: not just yes
 * or no, but every place where it can not be, and why. */
#ifndef MST_SCHEMA_COMPATIBILITY_H
#define MST_SCHEMA_COMPATIBILITY_H

#include "core/subject_store.h"
#include "schema/avro_schema.h"

enum { MST_COMPAT_PROBLEMS_MAX = 100 };

struct mst_compat_problem {
    const char *type; /* a constant word: "MISSING_ENUM_SYMBOLS" */
    char *path;       /* "address.zip", "lines[].price"; "": the whole */
    char *reason;
    uint32_t version; /* that the new schema was held against; 0: not said */
    bool forward; /* the old schema reads the new one's data, not vice versa */
};

/* A zeroed one is empty. Ownership: the caller's. */
struct mst_compat_report {
    struct mst_compat_problem *problems;
    size_t len;
    size_t more;      /* beyond MST_COMPAT_PROBLEMS_MAX */
    uint32_t version; /* what problems that are added get */
    bool forward;
};

void mst_compat_report_clear(struct mst_compat_report *report);
static inline bool
mst_compat_is_fine(const struct mst_compat_report *report)
{
    return report->len == 0;
}

/* type must be a constant; path may be NULL. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status mst_compat_add(struct mst_compat_report *report,
                                              const char *type,
                                              const char *path, const char *fmt,
                                              ...) MST_PRINTF(4, 5);

/* Appends "the new schema can not read data of version 2: address.zip: ..."
 * for one problem. Statuses of mst_buf_append. */
MST_MUST_CHECK enum mst_status
mst_compat_describe(const struct mst_compat_problem *problem,
                    struct mst_buf *out);

/* Whether a level asks for that way, and of all versions or the last. */
bool mst_compat_wants(enum mst_schema_level level, bool forward);
bool mst_compat_is_transitive(enum mst_schema_level level);

/* Schema resolution (specification 1.11) over all data that the writer's
 * schema permits: every branch of its unions has to be taken. Adds what stands
 * against it. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_compat_avro(const struct mst_avro_schema *reader,
                const struct mst_avro_schema *writer,
                struct mst_compat_report *report, struct mst_error *err);

#endif

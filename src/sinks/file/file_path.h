/* SPDX-License-Identifier: MIT */
/*
 * Names of the sink's files. A template such as "{collection}/{date}.jsonl"
 * and an event give a base: the path with a place for the number. Base and
 * number give a name.
 *
 * What events bring in never leaves the directory: a value with '/', NUL or
 * a control character, and a component "." or "..", are refused.
 */
#ifndef MST_SINKS_FILE_FILE_PATH_H
#define MST_SINKS_FILE_FILE_PATH_H

#include "base/buf.h"
#include "core/event.h"

enum { MST_FILE_PATH_MAX = 512 };

/* Stand in a base for the number. Values can not hold them. */
enum {
    MST_FILE_NUMBER = '\x01',         /* always: "000001" */
    MST_FILE_NUMBER_SUFFIX = '\x02',  /* always: "-000001" */
    MST_FILE_NUMBER_OPTIONAL = '\x03' /* from 2 on: "-000002" */
};

/* Value type. */
struct mst_file_template {
    struct mst_buf text; /* with the mark for the number put in */
    bool constant;       /* has no placeholder but the number */
    bool timed;          /* has {date} or {hour} */
};

/* rolls: more than one file per base is the rule, so that the first one has
 * a number too. MST_FATAL with what is wrong. */
MST_MUST_CHECK enum mst_status
mst_file_template_init(struct mst_file_template *template, const char *text,
                       bool rolls, struct mst_error *err);
void mst_file_template_clear(struct mst_file_template *template);

/* Replaces out by the base for an event. MST_REJECTED: an attribute that is
 * missing or unfit. wall_ms: for events without a time. */
MST_MUST_CHECK enum mst_status
mst_file_template_expand(const struct mst_file_template *template,
                         const struct mst_event *event, int64_t wall_ms,
                         struct mst_buf *out, struct mst_error *err);

/* Replaces out by a pattern for glob(3) that finds everything the template
 * can give, behind dir/ and with suffix. */
MST_MUST_CHECK enum mst_status
mst_file_template_glob(const struct mst_file_template *template,
                       const char *dir, const char *suffix,
                       struct mst_buf *out);

/* Replaces out by the name (NUL-terminated). */
MST_MUST_CHECK enum mst_status mst_file_name(const char *base, uint64_t number,
                                             struct mst_buf *out);

/* The number in a path that base gives; 0 when it is none of them. */
uint64_t mst_file_number(const char *base, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* Compatibility of JSON Schemas, and what its two files share. */
#ifndef MST_SCHEMA_COMPATIBILITY_JSON_H
#define MST_SCHEMA_COMPATIBILITY_JSON_H

#include <jansson.h>

#include "schema/compatibility_walk.h"

/* Adds what stands against the reader taking every value that the writer
 * permits, also what can not be decided. Both are schemas. MST_FATAL: no
 * memory. */
MST_MUST_CHECK enum mst_status mst_compat_json(const json_t *reader,
                                               const json_t *writer,
                                               struct mst_compat_report *report,
                                               struct mst_error *err);

/* Follows "#/a/b" from the root; NULL: it leads nowhere, or elsewhere. */
const json_t *mst_json_schema_point(const json_t *root, const char *ref);

/* Two nodes. Private, as all below. */
struct mst_json_pair {
    const json_t *writer;
    const json_t *reader;
};

struct mst_json_compare {
    struct mst_compat_walk walk;
    const json_t *reader; /* roots, for references */
    const json_t *writer;
    struct mst_json_pair known[2000];
    size_t known_len;
};

/* Whether the reader takes it all; problems are added. */
bool mst_json_compare(struct mst_json_compare *compare, const json_t *writer,
                      const json_t *reader);
/* The same without a look at references. */
bool mst_json_compare_words(struct mst_json_compare *compare,
                            const json_t *writer, const json_t *reader);
/* The keywords of types, without combinations. */
bool mst_json_compare_keywords(struct mst_json_compare *compare,
                               const json_t *writer, const json_t *reader);
/* Equal, and nothing in it refers to elsewhere. */
bool mst_json_compare_equal(const json_t *writer, const json_t *reader);

/* Types that a schema permits, as bits; too many rather than too few. */
enum {
    MST_JSON_NULL = 1,
    MST_JSON_BOOLEAN = 2,
    MST_JSON_OBJECT = 4,
    MST_JSON_ARRAY = 8,
    MST_JSON_STRING = 16,
    MST_JSON_INTEGER = 32,
    MST_JSON_FRACTION = 64, /* numbers that are not whole */
    MST_JSON_ALL_TYPES = 127
};
unsigned mst_json_compare_types(const json_t *schema);

#endif

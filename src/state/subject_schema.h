/* SPDX-License-Identifier: MIT */
/* A schema of either kind, parsed: what it is called by, what it has, and
 * what it can read. */
#ifndef MST_STATE_SUBJECT_SCHEMA_H
#define MST_STATE_SUBJECT_SCHEMA_H

#include "schema/compatibility.h"

struct mst_subject_schema;

/* kind: MST_SCHEMA_KIND_NONE leaves it to the text. MST_REJECTED: it is no
 * schema, with its place.
 * Ownership: *ret is the caller's; text is copied. */
MST_MUST_CHECK enum mst_status
mst_subject_schema_create(struct mst_slice text, enum mst_schema_kind kind,
                          struct mst_subject_schema **ret,
                          struct mst_error *err);
/* NULL is fine. */
void mst_subject_schema_destroy(struct mst_subject_schema *schema);

enum mst_schema_kind
mst_subject_schema_kind(const struct mst_subject_schema *schema);

/* SHA-256 over the kind and the text without what does not count: white
 * space, and for Avro the order of keys. */
const uint8_t *mst_subject_schema_hash(const struct mst_subject_schema *schema);

/* Whether the schema has the property that "a.b" names. MST_REJECTED: it has
 * not, or that can not be told; the error says what there is. */
MST_MUST_CHECK enum mst_status
mst_subject_schema_has(const struct mst_subject_schema *schema,
                       const char *path, struct mst_error *err);

/* Adds what stands against the reader reading all that the writer permits.
 * Schemas of two kinds never do. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_subject_schema_reads(const struct mst_subject_schema *reader,
                         const struct mst_subject_schema *writer,
                         struct mst_compat_report *report,
                         struct mst_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/* Subjects as values: their memory, the names of levels and kinds. */
#ifndef MST_SCHEMA_SUBJECT_H
#define MST_SCHEMA_SUBJECT_H

#include "core/subject_store.h"

/* Frees what the subject owns and makes it empty. */
void mst_subject_clear(struct mst_subject *subject);
void mst_subject_names_clear(struct mst_subject_names *names);

/* Adds a copy. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_subject_names_add(struct mst_subject_names *names, struct mst_slice name,
                      struct mst_error *err);

/* Adds a version with a copy of one's text, as it is. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_subject_add(struct mst_subject *subject,
                const struct mst_schema_version *one, struct mst_error *err);

/* The version of that number, 0: the newest; NULL: there is none. */
const struct mst_schema_version *
mst_subject_version(const struct mst_subject *subject, uint32_t number);

/* MST_REJECTED: no name, too long, or with control characters. */
MST_MUST_CHECK enum mst_status mst_subject_check_name(const char *name,
                                                      struct mst_error *err);

/* SHA-256 over the kind's name, a NUL and the text. MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status
mst_schema_hash(enum mst_schema_kind kind, struct mst_slice text,
                uint8_t ret_hash[MST_SCHEMA_HASH_LEN], struct mst_error *err);

/* "BACKWARD_TRANSITIVE", ...; the reverse ignores case. */
const char *mst_schema_level_name(enum mst_schema_level level);
bool mst_schema_level_find(const char *name, enum mst_schema_level *ret_level);

/* "avro", "json"; "" for one that was not said. */
const char *mst_schema_kind_name(enum mst_schema_kind kind);
enum mst_schema_kind mst_schema_kind_find(const char *name);

/* "key_properties", ... */
const char *mst_subject_key_name(enum mst_subject_key key);

#endif

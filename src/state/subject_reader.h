/* SPDX-License-Identifier: MIT */
/* A store of subjects as the contract of core/schema_store.h asks one. */
#ifndef MST_STATE_SUBJECT_READER_H
#define MST_STATE_SUBJECT_READER_H

#include "core/schema_store.h"
#include "core/subject_store.h"

/* That there is none of it. MST_REJECTED. */
enum mst_status mst_subject_read_nothing(const struct mst_schema_ref *ref,
                                         struct mst_error *err);

/* Statuses of struct mst_schema_store_type for all. A number that is no id
 * may be the name of a subject. */
MST_MUST_CHECK enum mst_status
mst_subject_read(struct mst_subject_store *store,
                 const struct mst_schema_ref *ref, struct mst_schema_text *ret,
                 struct mst_error *err);
MST_MUST_CHECK enum mst_status
mst_subject_find(struct mst_subject_store *store, const char *subject,
                 const struct mst_schema_text *schema, uint32_t *ret_id,
                 struct mst_error *err);
/* Registers it; the error has the first reason against it. */
MST_MUST_CHECK enum mst_status
mst_subject_put(struct mst_subject_store *store, const char *subject,
                const struct mst_schema_text *schema, bool dry_run,
                uint32_t *ret_id, struct mst_error *err);
MST_MUST_CHECK enum mst_status mst_subject_list(struct mst_subject_store *store,
                                                const char *subject,
                                                struct mst_schema_list *list,
                                                struct mst_error *err);

#endif

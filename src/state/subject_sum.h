/* SPDX-License-Identifier: MIT */
/* The check sums that guard stored subjects, the same for every store. */
#ifndef MST_STATE_SUBJECT_SUM_H
#define MST_STATE_SUBJECT_SUM_H

#include "core/subject_store.h"

/* Of its settings; versions have their own. */
uint32_t mst_subject_sum(const struct mst_subject *subject);
/* id: the one that is stored. */
uint32_t mst_schema_version_sum(const char *subject,
                                const struct mst_schema_version *version,
                                uint32_t id);

/* What every store says when a sum does not fit. number 0: of the subject
 * itself; place: file or collection. */
enum mst_status mst_subject_fail_damaged(struct mst_error *err,
                                         const char *subject, uint32_t number,
                                         const char *place);

#endif

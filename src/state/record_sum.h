/* SPDX-License-Identifier: MIT */
/* What every store of records says and sums up in the same way. */
#ifndef MST_STATE_RECORD_SUM_H
#define MST_STATE_RECORD_SUM_H

#include "core/record_store.h"

/* "job", "service", "state". Never NULL. */
const char *mst_record_kind_name(enum mst_record_kind kind);

/* Guards what is stored; not created_ms, which later saves do not know. */
uint32_t mst_record_sum(enum mst_record_kind kind,
                        const struct mst_record *record);

/* False: no record can have it. */
bool mst_record_name_is_good(const char *name);
/* MST_REJECTED: no store takes it. */
MST_MUST_CHECK enum mst_status mst_record_check(enum mst_record_kind kind,
                                                const struct mst_record *record,
                                                struct mst_error *err);

/* A copy of what one borrows; MST_FATAL: no memory. */
MST_MUST_CHECK enum mst_status mst_record_copy(const struct mst_record *record,
                                               struct mst_record *ret,
                                               struct mst_error *err);

/* MST_END, MST_AGAIN and MST_FATAL, in words; place: file or collection. */
enum mst_status mst_record_fail_none(struct mst_error *err,
                                     enum mst_record_kind kind,
                                     const char *name);
enum mst_status mst_record_fail_changed(struct mst_error *err,
                                        enum mst_record_kind kind,
                                        const char *name);
enum mst_status mst_record_fail_damaged(struct mst_error *err,
                                        enum mst_record_kind kind,
                                        const char *name, const char *place);

#endif

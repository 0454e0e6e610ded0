/* SPDX-License-Identifier: MIT */
/* The parts of the embedded store that its type table is made of; what they
 * do is said in core/store.h. */
#ifndef MST_STATE_SQLITE_PARTS_H
#define MST_STATE_SQLITE_PARTS_H

#include "core/store.h"

/* sqlite_checkpoints.c */
enum mst_status mst_sqlite_checkpoint_load(struct mst_store *store,
                                           const char *job,
                                           struct mst_checkpoint *ret,
                                           struct mst_error *err);
enum mst_status
mst_sqlite_checkpoint_save(struct mst_store *store,
                           const struct mst_checkpoint *checkpoint,
                           struct mst_error *err);
enum mst_status mst_sqlite_checkpoint_delete(struct mst_store *store,
                                             const char *job,
                                             struct mst_error *err);
enum mst_status mst_sqlite_checkpoint_list(
    struct mst_store *store, const char *job,
    enum mst_status (*each)(void *arg, const struct mst_checkpoint *one),
    void *arg, struct mst_error *err);

/* sqlite_leases.c */
enum mst_status mst_sqlite_lease_acquire(struct mst_store *store,
                                         const char *job, const char *holder,
                                         int64_t ttl_ms, struct mst_lease *ret,
                                         struct mst_error *err);
enum mst_status mst_sqlite_lease_renew(struct mst_store *store, const char *job,
                                       struct mst_lease *lease, int64_t ttl_ms,
                                       struct mst_error *err);
enum mst_status mst_sqlite_lease_release(struct mst_store *store,
                                         const char *job,
                                         const struct mst_lease *lease,
                                         struct mst_error *err);

/* sqlite_letters.c */
enum mst_status mst_sqlite_letters_put(struct mst_store *store,
                                       const struct mst_letter *letters,
                                       size_t n,
                                       const struct mst_letter_limits *limits,
                                       struct mst_error *err);
enum mst_status mst_sqlite_letters_list(
    struct mst_store *store, const struct mst_letter_filter *filter,
    enum mst_status (*each)(void *arg, const struct mst_letter *one), void *arg,
    struct mst_error *err);
enum mst_status
mst_sqlite_letters_delete(struct mst_store *store,
                          const struct mst_letter_filter *filter,
                          uint64_t *ret_deleted, struct mst_error *err);
enum mst_status mst_sqlite_letters_count(struct mst_store *store,
                                         const char *job,
                                         struct mst_letter_totals *ret,
                                         struct mst_error *err);
enum mst_status mst_sqlite_letters_expire(struct mst_store *store,
                                          const char *job, int64_t max_age_ms,
                                          uint64_t *ret_expired,
                                          struct mst_error *err);

/* sqlite_runs.c */
enum mst_status mst_sqlite_run_begin(struct mst_store *store,
                                     struct mst_run_record *run,
                                     struct mst_error *err);
enum mst_status mst_sqlite_run_end(struct mst_store *store,
                                   const struct mst_run_record *run,
                                   struct mst_error *err);
enum mst_status mst_sqlite_run_list(
    struct mst_store *store, const char *job, size_t limit,
    enum mst_status (*each)(void *arg, const struct mst_run_record *one),
    void *arg, struct mst_error *err);

#endif

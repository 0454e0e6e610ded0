/* SPDX-License-Identifier: MIT */
/* The exclusive right to run a job, and what to say when another has it. */
#ifndef MST_JOBS_LEASE_H
#define MST_JOBS_LEASE_H

#include "core/store.h"

/* One try. MST_AGAIN: another has it, and err says who and until when; other
 * statuses as the store gives them. ret_lease is untouched then. */
MST_MUST_CHECK enum mst_status
mst_job_lease_acquire(struct mst_store *store, const char *job,
                      const char *holder, int64_t ttl_ms,
                      struct mst_lease *ret_lease, struct mst_error *err);

/* It expires by itself when this fails. */
void mst_job_lease_release(struct mst_store *store, const char *job,
                           const struct mst_lease *lease);

#endif

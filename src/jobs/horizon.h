/* SPDX-License-Identifier: MIT */
/*
 * How long until the origins of jobs no longer have what follows their
 * checkpoints: an oplog that overtakes a job loses changes. Asked by a thread
 * of its own, now and then, so that no question of the API waits for a server.
 */
#ifndef MST_JOBS_HORIZON_H
#define MST_JOBS_HORIZON_H

#include "jobs/control.h"

struct mst_horizon;

/* manager outlives it. */
MST_MUST_CHECK enum mst_status mst_horizon_create(struct mst_manager *manager,
                                                  struct mst_horizon **ret,
                                                  struct mst_error *err);
/* Ends what it waits for. NULL is fine. */
void mst_horizon_destroy(struct mst_horizon *horizon);

#endif

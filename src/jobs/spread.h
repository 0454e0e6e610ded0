/* SPDX-License-Identifier: MIT */
/*
 * How daemons that share a store come to have about as many jobs each: who
 * has at least two less than the holder of a job asks for it, and is given it
 * when the holder renews its lease.
 */
#ifndef MST_JOBS_SPREAD_H
#define MST_JOBS_SPREAD_H

#include <stdatomic.h>

#include "core/store.h"

/* What this process has of the jobs; all zero at first. Thread: any. */
struct mst_spread {
    _Atomic uint32_t held;
    _Atomic int64_t give_next_ms; /* monotonic */
    _Atomic int64_t ask_next_ms;  /* monotonic */
};

/* Asks for the job that another has, where that one has at least two more. */
void mst_spread_ask(struct mst_spread *spread, struct mst_store *store,
                    const char *job, const struct mst_lease *held,
                    const char *asker);

/* Whether the job of a lease that was just renewed is given to who asks for
 * it. One every few seconds, so that it is known each time what the other
 * has. */
MST_MUST_CHECK bool mst_spread_gives(struct mst_spread *spread,
                                     const struct mst_lease *lease);

/* A job failed here: for some minutes no more are asked for. */
void mst_spread_failed(struct mst_spread *spread);

#endif

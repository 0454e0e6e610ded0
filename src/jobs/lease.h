/* SPDX-License-Identifier: MIT */
/*
 * The exclusive right to run a job: trying to get it, who has it, and what to
 * say when that is another.
 */
#ifndef MST_JOBS_LEASE_H
#define MST_JOBS_LEASE_H

#include <pthread.h>

#include "jobs/spread.h"

/* One try. MST_AGAIN: another has it, and err says who and until when, and
 * ret_lease too; it is untouched with the other statuses, which are the
 * store's. holds: the jobs that `holder` has. */
MST_MUST_CHECK enum mst_status
mst_job_lease_acquire(struct mst_store *store, const char *job,
                      const char *holder, int64_t ttl_ms,
                      struct mst_lease *ret_lease, struct mst_error *err);

/* It expires by itself when this fails. */
void mst_job_lease_release(struct mst_store *store, const char *job,
                           const struct mst_lease *lease);

/* A job's own way to its lease. Thread: the job's, but for look. */
struct mst_hold {
    struct mst_store *store;
    const char *job;
    const char *holder; /* this process */
    int64_t ttl_ms;
    struct mst_spread *spread; /* NULL: the job stays here */
    bool moves;                /* another daemon may have it for the asking */
    struct mst_lease lease;
    bool giving; /* the run ends because another daemon asked for the job */

    pthread_mutex_t mutex; /* guards what follows */
    char known_holder[128];
    bool elsewhere;
};

MST_MUST_CHECK bool mst_hold_init(struct mst_hold *hold);
void mst_hold_clear(struct mst_hold *hold);

/* As mst_job_lease_acquire; asks for a job that another has too many of. */
MST_MUST_CHECK enum mst_status mst_hold_try(struct mst_hold *hold,
                                            struct mst_error *err);
/* The run is over; lost: without its lease. */
void mst_hold_end(struct mst_hold *hold, bool lost);
/* The lease was renewed. True: the run is to end, another daemon asked for
 * the job. arg is a struct mst_hold. */
MST_MUST_CHECK bool mst_hold_gives(void *arg);
/* Whether the run that ended did so for that; asked once. */
MST_MUST_CHECK bool mst_hold_has_given(struct mst_hold *hold);

/* Who has the lease, as far as known ("": nobody), and whether that is
 * another process. Thread: any. */
void mst_hold_look(struct mst_hold *hold, char ret_holder[128],
                   bool *ret_elsewhere);

#endif

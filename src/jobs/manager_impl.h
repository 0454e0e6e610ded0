/* SPDX-License-Identifier: MIT */
/*
 * The manager's own lists, read and changed with the mutex held. The thread
 * that settles is the only one that takes jobs out of them; who applies puts
 * them in, or marks them as leaving.
 */
#ifndef MST_JOBS_MANAGER_IMPL_H
#define MST_JOBS_MANAGER_IMPL_H

#include <pthread.h>

#include "base/process.h"
#include "jobs/manager.h"
#include "jobs/watch.h"
#include "pipeline/budget.h"

/* A configuration and the number of jobs that were made from it, and of those
 * that read it right now. */
struct manager_config {
    struct manager_config *next;
    struct mst_config *config;
    size_t jobs;
};

struct manager_job {
    struct mst_job *job;
    struct manager_config *from;
    uint64_t hash; /* of the connector and all services it names */
    bool kept;
    enum mst_job_desired want;
    bool again;       /* as soon as it has ended, it starts anew */
    int64_t again_ms; /* but not before, monotonic: that failed just now */
    struct mst_watch watch;
    bool stuck; /* it says it runs, and gets nowhere */
    struct mst_error stuck_why;
    bool horizon_known; /* see horizon.h */
    int64_t horizon_ms;
    char *definition; /* as JSON, without secrets; NULL: no memory for it */
    struct mst_job_shadow *shadow; /* NULL: it has none; see job_shadow.h */
};

/* A connector whose job of before has to end first, or could not be made. */
struct manager_heir {
    struct manager_config *from;
    const struct mst_config_connector *connector;
    int64_t retry_ms; /* when that is tried again, monotonic; 0: it waits */
    char *definition; /* as that of a job */
};

struct mst_manager {
    struct mst_manager_args args;
    char holder[MST_PROCESS_TAG_MAX];
    struct mst_budget whole;     /* of all jobs, those on their way out too */
    struct mst_commons *commons; /* likewise */
    struct mst_spread spread;
    int64_t expire_next_ms; /* monotonic */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    struct manager_config *configs;
    struct manager_config *current; /* the one applied last; NULL: none yet */
    struct manager_job *jobs;       /* of the configuration applied last */
    size_t jobs_len;
    struct manager_job *leaving; /* asked to end, and drain */
    size_t leaving_len;
    struct manager_heir *heirs; /* start when theirs has ended */
    size_t heirs_len;
    uint64_t share; /* of memory, for who does not say */
    size_t failed;  /* of the jobs to start */
    bool stopping;
    struct mst_job_totals gone; /* of jobs that are no more */
};

/* Of the connector and of all that it names. */
uint64_t mst_manager_hash(const struct mst_config *config,
                          const struct mst_config_connector *connector);

struct manager_job *mst_manager_find(struct manager_job *jobs, size_t len,
                                     const char *name);

/* Lock: mutex held. One user less; the last one frees it. */
void mst_manager_release(struct mst_manager *manager,
                         struct manager_config *from);

#endif

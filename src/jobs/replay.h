/* SPDX-License-Identifier: MIT */
/*
 * Dead letters sent through their job again. A letter goes to the sink that
 * refused it (or to all, when none did) and is removed when that has
 * confirmed it; refused again, it leaves a new letter in the state store,
 * whatever on_reject says. The job's lease is held meanwhile: letters are
 * not sent beside a job that runs.
 */
#ifndef MST_JOBS_REPLAY_H
#define MST_JOBS_REPLAY_H

#include "config/config.h"
#include "pipeline/pipeline.h"

struct mst_replay_args {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    const struct mst_registry *registry;
    struct mst_store *store;
    uint64_t id;        /* 0: all letters of the job */
    int64_t timeout_ms; /* 0: none */
};

struct mst_replay_result {
    uint64_t found;
    uint64_t delivered; /* and removed */
    uint64_t rejected;  /* again: new letters */
    uint64_t orphans;   /* left alone: of sinks that the job has no longer */
};

/* Runs until all of them are through. Statuses: OK, MST_AGAIN (the time was
 * over), MST_REJECTED (another holds the lease), MST_RETRY (the store), else
 * MST_FATAL. ret is set whatever the status is. */
MST_MUST_CHECK enum mst_status
mst_replay_run(const struct mst_replay_args *args,
               struct mst_replay_result *ret, struct mst_error *err);

#endif

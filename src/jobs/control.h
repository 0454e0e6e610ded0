/* SPDX-License-Identifier: MIT */
/*
 * The jobs of a manager as others see and steer them. Thread: any. Nothing
 * here waits for a network while it holds a lock.
 */
#ifndef MST_JOBS_CONTROL_H
#define MST_JOBS_CONTROL_H

#include "jobs/manager.h"
#include "jobs/replay.h"
#include "pipeline/shadow.h"

enum mst_job_action {
    MST_JOB_START,
    MST_JOB_STOP,
    MST_JOB_RESTART,
    MST_JOB_PAUSE,
    MST_JOB_RESUME
};

/* One job. Borrowed for the call. */
struct mst_job_look {
    const char *name;
    const char *definition; /* JSON without secrets */
    /* NULL, both: one that is set aside, see mst_catalog_each. */
    const struct mst_config_connector *connector;
    const struct mst_config *config;
    uint64_t revision; /* of its record; 0: it is written in the file */
    uint64_t hash;     /* of the definition and the services it names */
    struct mst_job_status status;
    int64_t last_event_ms; /* wall clock, to the second; 0: none yet */
    bool leaving; /* gone from the configuration, or about to be replaced */
    bool stuck;   /* it says it runs, and gets nowhere: status.reason says */
    /* How long until the origin no longer has what follows the saved
     * checkpoint, as last seen (jobs/horizon.h); -1: not known. */
    int64_t horizon_ms;
    bool has_shadow;
    struct mst_shadow_look shadow; /* if it has one */
};

/* MST_OK: go on. */
typedef enum mst_status (*mst_job_each)(void *arg,
                                        const struct mst_job_look *look);

/* Calls each with all jobs whose name comes behind `after` ("": all), in the
 * order of their names, until it says otherwise, and returns what it said.
 * Lock: the manager's is held, each may not call it. */
MST_MUST_CHECK enum mst_status mst_manager_each(struct mst_manager *manager,
                                                const char *after,
                                                mst_job_each each, void *arg);
/* MST_END: there is no such job, else what each said. Lock: as above. */
MST_MUST_CHECK enum mst_status mst_manager_one(struct mst_manager *manager,
                                               const char *name,
                                               mst_job_each each, void *arg);

/* What jobs had done that are no more, and whether jobs could not be made. */
void mst_manager_rest(struct mst_manager *manager,
                      struct mst_job_totals *ret_gone, size_t *ret_failed);
bool mst_manager_is_stopping(struct mst_manager *manager);
/* What a look at that job shows from now on; -1: not known. */
void mst_manager_note_horizon(struct mst_manager *manager, const char *name,
                              int64_t horizon_ms);

/* Asks for it, and gives it wait_ms to begin. Statuses: OK (also when it was
 * so already), MST_END (no such job), MST_REJECTED (not in its state). */
MST_MUST_CHECK enum mst_status
mst_manager_act(struct mst_manager *manager, const char *name,
                enum mst_job_action action, int wait_ms, struct mst_error *err);

/* Likewise without a word: a job that is there does it from now on. */
void mst_manager_want(struct mst_manager *manager, const char *name,
                      enum mst_job_desired want);

/* Whether act would do it: its statuses. */
MST_MUST_CHECK enum mst_status mst_manager_may(struct mst_manager *manager,
                                               const char *name,
                                               enum mst_job_action action,
                                               struct mst_error *err);
/* Gives a job that is about to begin anew that long to do it. */
void mst_manager_await(struct mst_manager *manager, const char *name,
                       int wait_ms);

/* The definition of a job for as long as one works with it; connector NULL:
 * there is none. name NULL: only the configuration applied last, NULL before
 * the first. To be given back, whatever it is. */
struct mst_job_loan {
    const struct mst_config *config;
    const struct mst_config_connector *connector;
    void *from;
};
struct mst_job_loan mst_manager_borrow(struct mst_manager *manager,
                                       const char *name);
void mst_manager_give_back(struct mst_manager *manager,
                           struct mst_job_loan *loan);

struct mst_store *mst_manager_store(struct mst_manager *manager);
const struct mst_registry *mst_manager_registry(struct mst_manager *manager);

#endif

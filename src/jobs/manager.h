/* SPDX-License-Identifier: MIT */
/* All jobs of a configuration: started, watched, reloaded, stopped. */
#ifndef MST_JOBS_MANAGER_H
#define MST_JOBS_MANAGER_H

#include "jobs/job.h"

struct mst_manager_args {
    const struct mst_registry *registry;
    struct mst_store *store;
    /* For `mstream run`; see struct mst_job_args. */
    const char *only_job; /* NULL: all */
    bool single_run;
    bool once;
    int64_t timeout_ms;
    /* Called from any thread when settle has something to do; may be NULL. */
    void (*wake)(void *arg);
    void *wake_arg;
    /* What a job that is new here shall do; NULL: run. Lock: the manager's is
     * held. */
    enum mst_job_desired (*wanted)(void *arg, const char *job);
    void *wanted_arg;
};

/* Thread: its owner's, where nothing else is said; what others may call is in
 * jobs/control.h, too. */
struct mst_manager;

MST_MUST_CHECK enum mst_status
mst_manager_create(const struct mst_manager_args *args,
                   struct mst_manager **ret_manager, struct mst_error *err);

/* Makes the running jobs those of this configuration: new ones start, gone
 * ones stop, changed ones restart, the others go on with their share of the
 * memory. Waits for nobody: what stops drains by itself, what replaces it
 * starts in mst_manager_settle. Takes config over, also when it fails; what
 * can not start is in ret_failed and logged, and tried again now and then; the
 * others run. In a single run the first one ends it, and err says why. Jobs
 * that failed get another chance. MST_REJECTED: all of them stop. Thread:
 * any. */
MST_MUST_CHECK enum mst_status mst_manager_apply(struct mst_manager *manager,
                                                 struct mst_config *config,
                                                 size_t *ret_failed,
                                                 struct mst_error *err);

/* Likewise, but jobs that failed and did not change are left alone. */
MST_MUST_CHECK enum mst_status mst_manager_update(struct mst_manager *manager,
                                                  struct mst_config *config,
                                                  size_t *ret_failed,
                                                  struct mst_error *err);

/* Goes on with what the last apply began: frees jobs that ended, starts their
 * replacements. Waits for nobody. True: nothing is left to be done. */
bool mst_manager_settle(struct mst_manager *manager);

/* What has to be done now and then: looks whether jobs get anywhere, and about
 * once an hour removes dead letters that are too old. To be called every few
 * seconds. */
void mst_manager_tend(struct mst_manager *manager);

size_t mst_manager_len(struct mst_manager *manager);
/* The i-th job that is not on its way out; valid until the next apply or
 * settle. For an owner who alone applies. */
struct mst_job *mst_manager_job(struct mst_manager *manager, size_t i);

/* Asks all jobs to drain and end. */
void mst_manager_stop(struct mst_manager *manager);
/* True when all ended within the time. */
bool mst_manager_wait(struct mst_manager *manager, int timeout_ms);
void mst_manager_destroy(struct mst_manager *manager);

#endif

/* SPDX-License-Identifier: MIT */
/* Shadows of a manager's jobs, and draining a job to replace it. */
#include "jobs/control_shadow.h"

#include "base/clock.h"
#include "base/thread.h"
#include "jobs/manager_impl.h"

enum { CONTROL_LOOK_MS = 20 };

void
mst_manager_shadow_room(struct mst_manager *manager,
                        const struct mst_config_connector *connector,
                        struct mst_job_shadow_limits *limits)
{
    mst_mutex_lock(&manager->mutex);
    limits->memory =
        connector->memory != 0 ? connector->memory : manager->share;
    mst_mutex_unlock(&manager->mutex);
    limits->whole = &manager->whole;
}

/* Whether a shadow may begin beside it. Lock: mutex held. */
static enum mst_status
shadow_may_begin(const struct manager_job *entry, struct mst_error *err)
{
    struct mst_job_status now;
    const char *name = mst_job_name(entry->job);
    mst_job_status(entry->job, &now);
    if (now.elsewhere) {
        (void)mst_fail(err, MST_REJECTED, "shadow", 0,
                       "job '%s' runs in another daemon: %s", name, now.holder);
        mst_error_hint(err, "ask that one");
        return MST_REJECTED;
    }
    if (now.ended) {
        (void)mst_fail(err, MST_REJECTED, "shadow", 0,
                       "job '%s' is %s: a shadow sees what a job does", name,
                       mst_job_state_name(now.state));
        mst_error_hint(err, "start it first");
        return MST_REJECTED;
    }
    if (entry->shadow != NULL && !mst_shadow_has_ended(entry->shadow->shadow)) {
        (void)mst_fail(err, MST_REJECTED, "shadow", 0,
                       "job '%s' has a shadow already", name);
        mst_error_hint(err, "stop that first");
        return MST_REJECTED;
    }
    return MST_OK;
}

/* The job, if it is still what it was when it was lent. Lock: mutex held. */
static enum mst_status
shadow_find(struct mst_manager *manager, const struct mst_job_loan *loan,
            struct manager_job **ret_entry, struct mst_error *err)
{
    const char *name = loan->connector->name;
    struct manager_job *entry =
        mst_manager_find(manager->jobs, manager->jobs_len, name);
    if (entry == NULL || manager->stopping) {
        (void)mst_fail(err, MST_END, "shadow", 0, "there is no job '%s'", name);
        return MST_END;
    }
    if (mst_job_connector(entry->job) != loan->connector) {
        (void)mst_fail(err, MST_AGAIN, "shadow", 0,
                       "job '%s' was changed meanwhile", name);
        return MST_AGAIN;
    }
    *ret_entry = entry;
    return shadow_may_begin(entry, err);
}

enum mst_status
mst_manager_shadow_begin(struct mst_manager *manager,
                         const struct mst_job_loan *loan,
                         struct mst_job_shadow *shadow, struct mst_error *err)
{
    struct mst_job_shadow *before = NULL;
    struct manager_job *entry = NULL;
    mst_mutex_lock(&manager->mutex);
    enum mst_status status = shadow_find(manager, loan, &entry, err);
    if (status == MST_OK) {
        before = entry->shadow;
        entry->shadow = shadow;
        mst_job_set_shadow(entry->job, shadow->shadow);
    }
    mst_mutex_unlock(&manager->mutex);
    mst_job_shadow_unref(before);
    return status;
}

/* Lock: mutex held. NULL: err says why there is none. */
static struct manager_job *
shadow_entry(struct mst_manager *manager, const char *name,
             struct mst_error *err)
{
    struct manager_job *entry =
        mst_manager_find(manager->jobs, manager->jobs_len, name);
    if (entry == NULL) {
        (void)mst_fail(err, MST_END, "shadow", 0, "there is no job '%s'", name);
        return NULL;
    }
    if (entry->shadow == NULL) {
        (void)mst_fail(err, MST_END, "shadow", 0, "job '%s' has no shadow",
                       name);
        return NULL;
    }
    return entry;
}

enum mst_status
mst_manager_shadow_ref(struct mst_manager *manager, const char *name,
                       struct mst_job_shadow **ret_shadow,
                       struct mst_error *err)
{
    mst_mutex_lock(&manager->mutex);
    const struct manager_job *entry = shadow_entry(manager, name, err);
    if (entry != NULL) {
        mst_job_shadow_ref(entry->shadow);
        *ret_shadow = entry->shadow;
    }
    mst_mutex_unlock(&manager->mutex);
    return entry != NULL ? MST_OK : MST_END;
}

enum mst_status
mst_manager_shadow_take(struct mst_manager *manager, const char *name,
                        struct mst_job_shadow **ret_shadow,
                        struct mst_error *err)
{
    mst_mutex_lock(&manager->mutex);
    struct manager_job *entry = shadow_entry(manager, name, err);
    if (entry != NULL) {
        *ret_shadow = entry->shadow;
        entry->shadow = NULL;
        mst_job_set_shadow(entry->job, NULL);
    }
    mst_mutex_unlock(&manager->mutex);
    return entry != NULL ? MST_OK : MST_END;
}

/* Whether it has ended, and well. MST_AGAIN: it has not yet. Lock: held. */
static enum mst_status
drain_look(const struct manager_job *entry, struct mst_error *err)
{
    struct mst_job_status now;
    mst_job_status(entry->job, &now);
    if (!now.ended) {
        return MST_AGAIN;
    }
    bool good = (now.state == MST_JOB_STOPPED || now.state == MST_JOB_PAUSED
                 || now.state == MST_JOB_COMPLETED)
                && now.reason.status == MST_OK;
    return good ? MST_OK
                : mst_fail(err, MST_REJECTED, "shadow", 0,
                           "job '%s' did not come to an end with all done: %s",
                           mst_job_name(entry->job), now.reason.text);
}

enum mst_status
mst_manager_drain(struct mst_manager *manager, const char *name,
                  int64_t timeout_ms, struct mst_error *err)
{
    const struct timespec pause = {.tv_nsec = CONTROL_LOOK_MS * 1000000L};
    int64_t until = mst_clock_ms() + timeout_ms;
    enum mst_status status = MST_AGAIN;
    bool asked = false;
    while (status == MST_AGAIN) {
        mst_mutex_lock(&manager->mutex);
        struct manager_job *entry =
            mst_manager_find(manager->jobs, manager->jobs_len, name);
        if (entry == NULL || manager->stopping) {
            status = mst_fail(err, MST_REJECTED, "shadow", 0,
                              "job '%s' is on its way out", name);
        } else {
            if (!asked) {
                mst_job_stop(entry->job, MST_JOB_WANT_STOPPED);
                asked = true;
            }
            status = drain_look(entry, err);
        }
        mst_mutex_unlock(&manager->mutex);
        if (status == MST_AGAIN && mst_clock_ms() > until) {
            status = mst_fail(err, MST_RETRY, "shadow", 0,
                              "job '%s' did not drain in time", name);
        }
        if (status == MST_AGAIN) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return status;
}

void
mst_manager_revive(struct mst_manager *manager, const char *name)
{
    mst_mutex_lock(&manager->mutex);
    struct manager_job *entry =
        mst_manager_find(manager->jobs, manager->jobs_len, name);
    if (entry != NULL && !manager->stopping
        && entry->want == MST_JOB_WANT_RUNNING) {
        entry->again = true;
    }
    mst_mutex_unlock(&manager->mutex);
    if (manager->args.wake != NULL) {
        manager->args.wake(manager->args.wake_arg);
    }
}

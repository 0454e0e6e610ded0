/* SPDX-License-Identifier: MIT */
/* Looking at the manager's lists, and leaving wishes in them. */
#include "jobs/control.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "config/toml.h"
#include "jobs/job_shadow.h"
#include "jobs/manager_impl.h"

static void
control_wake(struct mst_manager *manager)
{
    if (manager->args.wake != NULL) {
        manager->args.wake(manager->args.wake_arg);
    }
}

static const struct manager_heir *
control_heir(const struct mst_manager *manager, const char *name)
{
    for (size_t i = 0; i < manager->heirs_len; i++) {
        if (strcmp(manager->heirs[i].connector->name, name) == 0) {
            return &manager->heirs[i];
        }
    }
    return NULL;
}

/* One that is replaced drains still, but its definition is the new one. */
static void
control_look_heir(const struct mst_manager *manager,
                  const struct manager_heir *heir,
                  struct mst_job_look *ret_look)
{
    ret_look->definition = heir->definition != NULL ? heir->definition : "{}";
    ret_look->connector = heir->connector;
    ret_look->config = heir->from->config;
    ret_look->revision = heir->connector->node->revision;
    ret_look->hash = mst_manager_hash(heir->from->config, heir->connector);
    ret_look->status.desired =
        manager->args.wanted != NULL
            ? manager->args.wanted(manager->args.wanted_arg, ret_look->name)
            : MST_JOB_WANT_RUNNING;
}

static void
control_look(const struct mst_manager *manager, const struct manager_job *entry,
             bool leaving, struct mst_job_look *ret_look)
{
    struct mst_job_status *status = &ret_look->status;
    mst_job_status(entry->job, status);
    ret_look->name = mst_job_name(entry->job);
    ret_look->definition = entry->definition != NULL ? entry->definition : "{}";
    ret_look->connector = mst_job_connector(entry->job);
    ret_look->config = entry->from->config;
    ret_look->revision = ret_look->connector->node->revision;
    ret_look->hash = entry->hash;
    ret_look->last_event_ms = entry->watch.events_ms;
    ret_look->leaving = leaving;
    ret_look->horizon_ms = entry->horizon_known ? entry->horizon_ms : -1;
    ret_look->has_shadow = entry->shadow != NULL;
    if (entry->shadow != NULL) {
        mst_shadow_read(entry->shadow->shadow, &ret_look->shadow);
    }
    ret_look->stuck =
        entry->stuck && !leaving && status->state == MST_JOB_RUNNING;
    if (ret_look->stuck) {
        status->reason = entry->stuck_why;
    }
    status->desired = leaving ? status->desired : entry->want;
    /* A person has seen that it failed, and has decided. */
    if (status->ended && status->state == MST_JOB_FAILED
        && status->desired == MST_JOB_WANT_STOPPED) {
        status->state = MST_JOB_STOPPED;
    }
    const struct manager_heir *heir =
        leaving ? control_heir(manager, ret_look->name) : NULL;
    if (heir != NULL) {
        control_look_heir(manager, heir, ret_look);
    }
}

/* Lock: mutex held. */
static struct manager_job *
control_find(struct mst_manager *manager, const char *name, bool *ret_leaving)
{
    struct manager_job *entry =
        mst_manager_find(manager->jobs, manager->jobs_len, name);
    *ret_leaving = entry == NULL;
    return entry != NULL
               ? entry
               : mst_manager_find(manager->leaving, manager->leaving_len, name);
}

static int
control_compare(const void *a, const void *b)
{
    const struct manager_job *const *one = a;
    const struct manager_job *const *other = b;
    return strcmp(mst_job_name((*one)->job), mst_job_name((*other)->job));
}

/* Lock: mutex held. */
static enum mst_status
control_each(struct mst_manager *manager, const char *after, mst_job_each each,
             void *arg)
{
    size_t len = 0;
    size_t all = manager->jobs_len + manager->leaving_len;
    struct manager_job **order = calloc(all + 1, sizeof(*order));
    if (order == NULL) {
        return MST_FATAL;
    }
    for (size_t i = 0; i < manager->jobs_len; i++) {
        order[len++] = &manager->jobs[i];
    }
    for (size_t i = 0; i < manager->leaving_len; i++) {
        const char *name = mst_job_name(manager->leaving[i].job);
        if (mst_manager_find(manager->jobs, manager->jobs_len, name) == NULL) {
            order[len++] = &manager->leaving[i];
        }
    }
    qsort(order, len, sizeof(struct manager_job *), control_compare);
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < len && status == MST_OK; i++) {
        struct mst_job_look look;
        if (strcmp(mst_job_name(order[i]->job), after) <= 0) {
            continue;
        }
        bool leaving = order[i] < manager->jobs
                       || order[i] >= manager->jobs + manager->jobs_len;
        control_look(manager, order[i], leaving, &look);
        status = each(arg, &look);
    }
    free(order);
    return status;
}

enum mst_status
mst_manager_each(struct mst_manager *manager, const char *after,
                 mst_job_each each, void *arg)
{
    mst_mutex_lock(&manager->mutex);
    enum mst_status status = control_each(manager, after, each, arg);
    mst_mutex_unlock(&manager->mutex);
    return status;
}

enum mst_status
mst_manager_one(struct mst_manager *manager, const char *name,
                mst_job_each each, void *arg)
{
    enum mst_status status = MST_END;
    struct mst_job_look look;
    bool leaving = false;
    mst_mutex_lock(&manager->mutex);
    const struct manager_job *entry = control_find(manager, name, &leaving);
    if (entry != NULL) {
        control_look(manager, entry, leaving, &look);
        status = each(arg, &look);
    }
    mst_mutex_unlock(&manager->mutex);
    return status;
}

void
mst_manager_rest(struct mst_manager *manager, struct mst_job_totals *ret_gone,
                 size_t *ret_failed)
{
    mst_mutex_lock(&manager->mutex);
    *ret_gone = manager->gone;
    *ret_failed = manager->failed;
    mst_mutex_unlock(&manager->mutex);
}

void
mst_manager_note_horizon(struct mst_manager *manager, const char *name,
                         int64_t horizon_ms)
{
    mst_mutex_lock(&manager->mutex);
    struct manager_job *entry =
        mst_manager_find(manager->jobs, manager->jobs_len, name);
    if (entry != NULL) {
        entry->horizon_known = horizon_ms >= 0;
        entry->horizon_ms = horizon_ms;
    }
    mst_mutex_unlock(&manager->mutex);
}

bool
mst_manager_is_stopping(struct mst_manager *manager)
{
    mst_mutex_lock(&manager->mutex);
    bool stopping = manager->stopping;
    mst_mutex_unlock(&manager->mutex);
    return stopping;
}

static enum mst_status
control_refuse(const struct mst_job_status *status, const char *name,
               const char *what, const char *hint, struct mst_error *err)
{
    (void)mst_fail(err, MST_REJECTED, "job", 0, "job '%s' is %s: %s", name,
                   mst_job_state_name(status->state), what);
    mst_error_hint(err, "%s", hint);
    return MST_REJECTED;
}

/* Nothing but a wish: what has ended is replaced by who owns the lists. */
static void
control_begin(struct manager_job *entry)
{
    entry->want = MST_JOB_WANT_RUNNING;
    entry->again = true;
}

static void
control_end(struct manager_job *entry, enum mst_job_desired want)
{
    entry->want = want;
    entry->again = false;
    mst_job_stop(entry->job, want);
}

/* Whether the action goes with what the job does. Lock: mutex held. */
static enum mst_status
control_may(const struct manager_job *entry, enum mst_job_action action,
            struct mst_error *err)
{
    struct mst_job_status now;
    const char *name = mst_job_name(entry->job);
    bool wanted = entry->want == MST_JOB_WANT_RUNNING;
    bool paused = entry->want == MST_JOB_WANT_PAUSED;
    mst_job_status(entry->job, &now);
    if (action == MST_JOB_PAUSE && !paused
        && (!wanted || (now.ended && !entry->again))) {
        return control_refuse(&now, name, "there is nothing to pause",
                              "start it first", err);
    }
    if (action == MST_JOB_RESUME && !wanted && !paused) {
        return control_refuse(&now, name, "it was not paused",
                              "start it instead", err);
    }
    return MST_OK;
}

/* It may. Lock: mutex held. */
static void
control_apply(struct manager_job *entry, enum mst_job_action action)
{
    struct mst_job_status now;
    mst_job_status(entry->job, &now);
    switch (action) {
    case MST_JOB_START:
        if (entry->want != MST_JOB_WANT_RUNNING
            || (now.ended && !entry->again)) {
            control_begin(entry);
        }
        break;
    case MST_JOB_STOP:
        control_end(entry, MST_JOB_WANT_STOPPED);
        break;
    case MST_JOB_RESTART:
        control_begin(entry);
        mst_job_stop(entry->job, MST_JOB_WANT_STOPPED);
        break;
    case MST_JOB_PAUSE:
        if (entry->want == MST_JOB_WANT_PAUSED) {
            break;
        }
        if (now.ended) {
            /* It was about to begin anew: that begins as paused. */
            entry->want = MST_JOB_WANT_PAUSED;
        } else {
            control_end(entry, MST_JOB_WANT_PAUSED);
        }
        break;
    case MST_JOB_RESUME:
        if (entry->want == MST_JOB_WANT_PAUSED) {
            control_begin(entry);
        }
        break;
    }
}

/* Lock: mutex held. */
static void
control_await(struct mst_manager *manager, const char *name, int wait_ms)
{
    struct timespec until = mst_cond_deadline(wait_ms);
    bool more = true;
    while (more && !manager->stopping) {
        const struct manager_job *entry =
            mst_manager_find(manager->jobs, manager->jobs_len, name);
        more = entry != NULL && entry->again
               && mst_cond_wait(&manager->changed, &manager->mutex, &until);
    }
}

/* The job to act on; NULL with MST_OK: its heir will do what is wanted when it
 * starts. Lock: mutex held. */
static enum mst_status
control_ask(struct mst_manager *manager, const char *name,
            enum mst_job_action action, struct manager_job **ret_entry,
            struct mst_error *err)
{
    bool leaving = false;
    struct manager_job *entry = control_find(manager, name, &leaving);
    *ret_entry = NULL;
    if (entry == NULL) {
        return mst_fail(err, MST_END, "job", 0, "there is no job '%s'", name);
    }
    if (manager->stopping) {
        return mst_fail(err, MST_REJECTED, "job", 0,
                        "job '%s' is on its way out: the daemon stops", name);
    }
    if (!leaving) {
        *ret_entry = entry;
        return control_may(entry, action, err);
    }
    return manager->args.wanted != NULL && control_heir(manager, name) != NULL
               ? MST_OK
               : mst_fail(err, MST_REJECTED, "job", 0,
                          "job '%s' is on its way out: its definition has "
                          "changed or is gone",
                          name);
}

enum mst_status
mst_manager_may(struct mst_manager *manager, const char *name,
                enum mst_job_action action, struct mst_error *err)
{
    struct manager_job *entry = NULL;
    mst_mutex_lock(&manager->mutex);
    enum mst_status status = control_ask(manager, name, action, &entry, err);
    mst_mutex_unlock(&manager->mutex);
    return status;
}

void
mst_manager_await(struct mst_manager *manager, const char *name, int wait_ms)
{
    mst_mutex_lock(&manager->mutex);
    control_await(manager, name, wait_ms);
    mst_mutex_unlock(&manager->mutex);
}

enum mst_status
mst_manager_act(struct mst_manager *manager, const char *name,
                enum mst_job_action action, int wait_ms, struct mst_error *err)
{
    struct manager_job *entry = NULL;
    mst_mutex_lock(&manager->mutex);
    enum mst_status status = control_ask(manager, name, action, &entry, err);
    if (status == MST_OK && entry != NULL) {
        control_apply(entry, action);
        control_wake(manager);
        control_await(manager, name, wait_ms);
    }
    mst_mutex_unlock(&manager->mutex);
    return status;
}

void
mst_manager_want(struct mst_manager *manager, const char *name,
                 enum mst_job_desired want)
{
    mst_mutex_lock(&manager->mutex);
    struct manager_job *entry =
        mst_manager_find(manager->jobs, manager->jobs_len, name);
    if (entry != NULL && !manager->stopping && entry->want != want) {
        if (want == MST_JOB_WANT_RUNNING) {
            control_begin(entry);
        } else {
            control_end(entry, want);
        }
        control_wake(manager);
    }
    mst_mutex_unlock(&manager->mutex);
}

struct mst_job_loan
mst_manager_borrow(struct mst_manager *manager, const char *name)
{
    struct mst_job_loan loan = {0};
    mst_mutex_lock(&manager->mutex);
    const struct manager_job *entry =
        name == NULL ? NULL
                     : mst_manager_find(manager->jobs, manager->jobs_len, name);
    if (name == NULL && manager->current != NULL) {
        manager->current->jobs++;
        loan.config = manager->current->config;
        loan.from = manager->current;
    }
    if (entry != NULL) {
        entry->from->jobs++;
        loan.config = entry->from->config;
        loan.connector = mst_job_connector(entry->job);
        loan.from = entry->from;
    }
    mst_mutex_unlock(&manager->mutex);
    return loan;
}

void
mst_manager_give_back(struct mst_manager *manager, struct mst_job_loan *loan)
{
    if (loan->from != NULL) {
        mst_mutex_lock(&manager->mutex);
        mst_manager_release(manager, loan->from);
        mst_mutex_unlock(&manager->mutex);
    }
    *loan = (struct mst_job_loan){0};
}

struct mst_store *
mst_manager_store(struct mst_manager *manager)
{
    return manager->args.store;
}

const struct mst_registry *
mst_manager_registry(struct mst_manager *manager)
{
    return manager->args.registry;
}

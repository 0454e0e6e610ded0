/* SPDX-License-Identifier: MIT */
/* The list of jobs, and configurations kept for as long as one uses them. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "jobs/job_shadow.h"
#include "jobs/job_spec.h"
#include "jobs/manager_impl.h"
#include "log/log.h"

enum {
    MANAGER_RETRY_MS = 5000 /* what can not be made is tried again */
};

enum mst_status
mst_manager_create(const struct mst_manager_args *args,
                   struct mst_manager **ret_manager, struct mst_error *err)
{
    struct mst_manager *manager = calloc(1, sizeof(*manager));
    if (manager == NULL) {
        return mst_fail_memory(err, "jobs");
    }
    manager->args = *args;
    enum mst_status status = mst_commons_create(&manager->commons, err);
    if (status != MST_OK) {
        free(manager);
        return status;
    }
    if (pthread_mutex_init(&manager->mutex, NULL) != 0
        || !mst_cond_init(&manager->changed)) {
        mst_commons_destroy(manager->commons);
        free(manager);
        return mst_fail_memory(err, "jobs");
    }
    mst_budget_init(&manager->whole, 0);
    mst_process_tag(manager->holder);
    *ret_manager = manager;
    return MST_OK;
}

static void
manager_drop_config(struct mst_manager *manager, struct manager_config *from)
{
    struct manager_config **at = &manager->configs;
    while (*at != NULL && *at != from) {
        at = &(*at)->next;
    }
    if (*at != NULL && from->jobs == 0) {
        *at = from->next;
        mst_config_destroy(from->config);
        free(from);
    }
}

void
mst_manager_release(struct mst_manager *manager, struct manager_config *from)
{
    from->jobs--;
    manager_drop_config(manager, from);
}

static void
manager_drop_job(struct mst_manager *manager, struct manager_job *entry)
{
    mst_job_destroy(entry->job);
    mst_job_shadow_unref(entry->shadow);
    free(entry->definition);
    mst_manager_release(manager, entry->from);
}

struct manager_job *
mst_manager_find(struct manager_job *jobs, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++) {
        if (strcmp(mst_job_name(jobs[i].job), name) == 0) {
            return &jobs[i];
        }
    }
    return NULL;
}

static void
manager_drop_heirs(struct mst_manager *manager)
{
    for (size_t i = 0; i < manager->heirs_len; i++) {
        free(manager->heirs[i].definition);
        mst_manager_release(manager, manager->heirs[i].from);
    }
    manager->heirs_len = 0;
}

static bool
manager_wants(const struct mst_manager *manager,
              const struct mst_config_connector *connector)
{
    return connector->enabled
           && (manager->args.only_job == NULL
               || strcmp(manager->args.only_job, connector->name) == 0);
}

/* Tells the jobs apart that go on as they are; the others are asked to end,
 * and drain side by side. There is room in `leaving`. */
static void
manager_retire(struct mst_manager *manager, const struct mst_config *config,
               bool again)
{
    for (size_t i = 0; i < manager->jobs_len; i++) {
        manager->jobs[i].kept = false;
    }
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *connector = &config->connectors[i];
        struct manager_job *entry =
            mst_manager_find(manager->jobs, manager->jobs_len, connector->name);
        if (entry != NULL && manager_wants(manager, connector)
            && entry->hash == mst_manager_hash(config, connector)) {
            /* One that failed gets another chance. */
            struct mst_job_status status;
            mst_job_status(entry->job, &status);
            entry->kept = !again || status.state != MST_JOB_FAILED
                          || entry->want != MST_JOB_WANT_RUNNING;
        }
    }
    size_t len = 0;
    for (size_t i = 0; i < manager->jobs_len; i++) {
        if (manager->jobs[i].kept) {
            mst_job_set_memory(manager->jobs[i].job, manager->share);
            manager->jobs[len++] = manager->jobs[i];
        } else {
            mst_job_stop(manager->jobs[i].job, MST_JOB_WANT_STOPPED);
            manager->leaving[manager->leaving_len++] = manager->jobs[i];
        }
    }
    manager->jobs_len = len;
}

static size_t
manager_count(const struct mst_manager *manager,
              const struct mst_config *config)
{
    size_t n = 0;
    for (size_t i = 0; i < config->connectors_len; i++) {
        n += manager_wants(manager, &config->connectors[i]) ? 1 : 0;
    }
    return n;
}

/* How a job begins. */
struct manager_start {
    enum mst_job_desired want;
    struct mst_job_totals totals; /* it goes on counting from there */
};

/* `before` is the job that it takes the place of; NULL: none. */
static struct manager_start
manager_start(struct mst_manager *manager, const char *name,
              const struct manager_job *before)
{
    struct manager_start start = {.want = MST_JOB_WANT_RUNNING};
    if (before != NULL) {
        struct mst_job_status last;
        mst_job_status(before->job, &last);
        start.totals = last.totals;
        start.want = before->want;
    }
    if (manager->args.wanted != NULL) {
        start.want = manager->args.wanted(manager->args.wanted_arg, name);
    }
    return start;
}

static enum mst_status
manager_make(struct mst_manager *manager, const struct mst_config *config,
             const struct mst_config_connector *connector,
             const struct manager_start *start, struct mst_job **ret_job,
             struct mst_error *err)
{
    struct mst_job *job = NULL;
    struct mst_job_args args = {
        .config = config,
        .connector = connector,
        .registry = manager->args.registry,
        .store = manager->args.store,
        .holder = manager->holder,
        .spread = &manager->spread,
        .memory = manager->share,
        .whole = &manager->whole,
        .commons = manager->commons,
        .single_run = manager->args.single_run,
        .once = manager->args.once,
        .timeout_ms = manager->args.timeout_ms,
        .before = start->totals,
    };
    enum mst_status status = mst_job_create(&args, &job, err);
    if (status == MST_OK && start->want == MST_JOB_WANT_RUNNING) {
        status = mst_job_start(job, err);
    } else if (status == MST_OK) {
        mst_job_hold(job, start->want);
    }
    if (status != MST_OK) {
        mst_job_destroy(job);
        return status;
    }
    *ret_job = job;
    return MST_OK;
}

/* For people: without memory there is none. */
static char *
manager_definition(const struct mst_config_connector *connector)
{
    struct mst_buf text;
    mst_buf_init(&text, (size_t)16 * 1024 * 1024);
    char *definition = mst_config_connector_json(connector, &text) == MST_OK
                           ? mst_buf_text(&text)
                           : NULL;
    definition = definition != NULL ? strdup(definition) : NULL;
    mst_buf_clear(&text);
    return definition;
}

/* `before` is the job that it takes the place of; NULL: none. */
static enum mst_status
manager_add(struct mst_manager *manager, struct manager_config *from,
            const struct mst_config_connector *connector,
            const struct manager_job *before, struct mst_error *err)
{
    struct mst_job *job = NULL;
    struct manager_start start =
        manager_start(manager, connector->name, before);
    enum mst_status status =
        manager_make(manager, from->config, connector, &start, &job, err);
    if (status != MST_OK) {
        return status;
    }
    from->jobs++;
    manager->jobs[manager->jobs_len++] = (struct manager_job){
        .job = job,
        .from = from,
        .hash = mst_manager_hash(from->config, connector),
        .want = start.want,
        .definition =
            manager->args.single_run ? NULL : manager_definition(connector),
    };
    return MST_OK;
}

static struct manager_config *
manager_keep_config(struct mst_manager *manager, struct mst_config *config)
{
    struct manager_config *from = calloc(1, sizeof(*from));
    if (from != NULL) {
        from->config = config;
        from->next = manager->configs;
        manager->configs = from;
    }
    return from;
}

/* Room for n more of each kind. */
static enum mst_status
manager_reserve(struct mst_manager *manager, size_t n, struct mst_error *err)
{
    size_t jobs_len = manager->jobs_len + n + 1;
    size_t leaving_len = manager->leaving_len + manager->jobs_len + 1;
    struct manager_job *jobs = realloc(manager->jobs, jobs_len * sizeof(*jobs));
    manager->jobs = jobs != NULL ? jobs : manager->jobs;
    struct manager_job *leaving =
        realloc(manager->leaving, leaving_len * sizeof(*leaving));
    manager->leaving = leaving != NULL ? leaving : manager->leaving;
    struct manager_heir *heirs =
        realloc(manager->heirs, (n + 1) * sizeof(*heirs));
    manager->heirs = heirs != NULL ? heirs : manager->heirs;
    return jobs == NULL || leaving == NULL || heirs == NULL
               ? mst_fail_memory(err, "jobs")
               : MST_OK;
}

/* Starts the connector's job, or leaves that for when its job of before has
 * ended. */
static enum mst_status
manager_begin(struct mst_manager *manager, struct manager_config *from,
              const struct mst_config_connector *connector,
              const struct manager_job *before, struct mst_error *err)
{
    if (mst_manager_find(manager->leaving, manager->leaving_len,
                         connector->name)
        != NULL) {
        manager->heirs[manager->heirs_len++] =
            (struct manager_heir){.from = from,
                                  .connector = connector,
                                  .definition = manager_definition(connector)};
        from->jobs++;
        return MST_OK;
    }
    enum mst_status status = manager_add(manager, from, connector, before, err);
    if (status != MST_OK) {
        manager->failed++;
        if (!manager->args.single_run) {
            mst_log_failure(MST_LOG_ERROR, "job", connector->name, err);
            manager->heirs[manager->heirs_len++] = (struct manager_heir){
                .from = from,
                .connector = connector,
                .retry_ms = mst_clock_ms() + MANAGER_RETRY_MS};
            from->jobs++;
        }
    }
    return status;
}

static enum mst_status
manager_apply(struct mst_manager *manager, struct mst_config *config,
              bool again, size_t *ret_failed, struct mst_error *err)
{
    size_t n = manager_count(manager, config);
    struct manager_config *from = manager_keep_config(manager, config);
    if (from == NULL) {
        mst_config_destroy(config);
        return mst_fail_memory(err, "jobs");
    }
    manager_drop_heirs(manager);
    if (manager_reserve(manager, n, err) != MST_OK) {
        manager_drop_config(manager, from);
        return MST_FATAL;
    }
    manager->failed = 0;
    manager->share = mst_job_share(config, manager->args.only_job);
    mst_budget_set_limit(&manager->whole,
                         mst_job_whole(config, manager->args.only_job));
    manager_retire(manager, config, again);
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *connector = &config->connectors[i];
        if (!manager_wants(manager, connector)
            || mst_manager_find(manager->jobs, manager->jobs_len,
                                connector->name)
                   != NULL) {
            continue;
        }
        if (manager_begin(manager, from, connector, NULL, err) != MST_OK
            && manager->args.single_run) {
            break; /* the caller gives up, and says why */
        }
    }
    *ret_failed = manager->failed;
    struct manager_config *last = manager->current;
    from->jobs++;
    manager->current = from;
    if (last != NULL) {
        mst_manager_release(manager, last);
    }
    return MST_OK;
}

/* Lock: none. */
static enum mst_status
manager_change(struct mst_manager *manager, struct mst_config *config,
               bool again, size_t *ret_failed, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    mst_mutex_lock(&manager->mutex);
    if (manager->stopping) {
        status = mst_fail(err, MST_REJECTED, "jobs", 0, "the daemon stops");
        mst_config_destroy(config);
    } else {
        status = manager_apply(manager, config, again, ret_failed, err);
    }
    (void)pthread_cond_broadcast(&manager->changed);
    mst_mutex_unlock(&manager->mutex);
    if (manager->args.wake != NULL) {
        manager->args.wake(manager->args.wake_arg);
    }
    return status;
}

enum mst_status
mst_manager_apply(struct mst_manager *manager, struct mst_config *config,
                  size_t *ret_failed, struct mst_error *err)
{
    return manager_change(manager, config, true, ret_failed, err);
}

enum mst_status
mst_manager_update(struct mst_manager *manager, struct mst_config *config,
                   size_t *ret_failed, struct mst_error *err)
{
    return manager_change(manager, config, false, ret_failed, err);
}

/* Starts the heir of the job that has ended. False: it has none. */
static bool
manager_inherit(struct mst_manager *manager, const struct manager_job *gone)
{
    const char *name = mst_job_name(gone->job);
    for (size_t i = 0; i < manager->heirs_len; i++) {
        struct manager_heir heir = manager->heirs[i];
        struct mst_error err;
        if (strcmp(heir.connector->name, name) != 0) {
            continue;
        }
        manager->heirs[i] = manager->heirs[--manager->heirs_len];
        /* Said there, and tried again. */
        (void)!manager_begin(manager, heir.from, heir.connector, gone, &err);
        free(heir.definition);
        mst_manager_release(manager, heir.from);
        return true;
    }
    return false;
}

/* Those that could not be made, once more. */
static void
manager_retry(struct mst_manager *manager)
{
    int64_t now = mst_clock_ms();
    for (size_t i = manager->heirs_len; i > 0; i--) {
        struct manager_heir heir = manager->heirs[i - 1];
        struct mst_error err;
        if (heir.retry_ms == 0 || heir.retry_ms > now) {
            continue;
        }
        manager->heirs[i - 1] = manager->heirs[--manager->heirs_len];
        manager->failed--;
        (void)!manager_begin(manager, heir.from, heir.connector, NULL, &err);
        free(heir.definition);
        mst_manager_release(manager, heir.from);
    }
}

/* In the place of one that has ended, a new one of the same definition. */
static void
manager_renew(struct mst_manager *manager, struct manager_job *entry)
{
    struct mst_job *job = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    struct mst_job_status last;
    mst_job_status(entry->job, &last);
    const struct manager_start start = {.want = entry->want,
                                        .totals = last.totals};
    if (manager_make(manager, entry->from->config,
                     mst_job_connector(entry->job), &start, &job, &err)
        != MST_OK) {
        /* The wish stays: time may heal it. */
        entry->again_ms = mst_clock_ms() + MANAGER_RETRY_MS;
        mst_log_failure(MST_LOG_ERROR, "job", mst_job_name(entry->job), &err);
        return;
    }
    entry->again = false;
    entry->again_ms = 0;
    mst_job_destroy(entry->job);
    entry->job = job;
}

/* Lock: mutex held. */
static bool
manager_settle(struct mst_manager *manager)
{
    bool settled = true;
    for (size_t i = 0; i < manager->jobs_len; i++) {
        struct manager_job *entry = &manager->jobs[i];
        if (entry->again && entry->again_ms <= mst_clock_ms()
            && mst_job_wait(entry->job, 0)) {
            manager_renew(manager, entry);
        }
        settled = settled && (!entry->again || entry->again_ms != 0);
    }
    for (size_t i = manager->leaving_len; i > 0; i--) {
        struct manager_job gone = manager->leaving[i - 1];
        if (!mst_job_wait(gone.job, 0)) {
            continue;
        }
        manager->leaving[i - 1] = manager->leaving[--manager->leaving_len];
        if (!manager_inherit(manager, &gone)) {
            struct mst_job_status last;
            mst_job_status(gone.job, &last);
            mst_job_totals_add(&manager->gone, &last.totals);
        }
        manager_drop_job(manager, &gone);
    }
    manager_retry(manager);
    return settled && manager->leaving_len == 0;
}

bool
mst_manager_settle(struct mst_manager *manager)
{
    mst_mutex_lock(&manager->mutex);
    bool settled = manager_settle(manager);
    (void)pthread_cond_broadcast(&manager->changed);
    mst_mutex_unlock(&manager->mutex);
    return settled;
}

size_t
mst_manager_len(struct mst_manager *manager)
{
    mst_mutex_lock(&manager->mutex);
    size_t len = manager->jobs_len;
    mst_mutex_unlock(&manager->mutex);
    return len;
}

struct mst_job *
mst_manager_job(struct mst_manager *manager, size_t i)
{
    return manager->jobs[i].job;
}

void
mst_manager_stop(struct mst_manager *manager)
{
    mst_mutex_lock(&manager->mutex);
    manager->stopping = true;
    manager_drop_heirs(manager);
    for (size_t i = 0; i < manager->jobs_len; i++) {
        manager->jobs[i].again = false;
        mst_job_stop(manager->jobs[i].job, MST_JOB_WANT_STOPPED);
    }
    (void)pthread_cond_broadcast(&manager->changed);
    mst_mutex_unlock(&manager->mutex);
}

bool
mst_manager_wait(struct mst_manager *manager, int timeout_ms)
{
    int64_t until = mst_clock_ms() + timeout_ms;
    for (size_t i = 0; i < manager->jobs_len + manager->leaving_len; i++) {
        int64_t left = until - mst_clock_ms();
        struct manager_job *entry =
            i < manager->jobs_len ? &manager->jobs[i]
                                  : &manager->leaving[i - manager->jobs_len];
        if (!mst_job_wait(entry->job, left > 0 ? (int)left : 0)) {
            return false;
        }
    }
    return true;
}

void
mst_manager_destroy(struct mst_manager *manager)
{
    if (manager == NULL) {
        return;
    }
    mst_manager_stop(manager);
    while (manager->jobs_len > 0) {
        manager_drop_job(manager, &manager->jobs[--manager->jobs_len]);
    }
    while (manager->leaving_len > 0) {
        manager_drop_job(manager, &manager->leaving[--manager->leaving_len]);
    }
    if (manager->current != NULL) {
        mst_manager_release(manager, manager->current);
    }
    free(manager->jobs);
    free(manager->leaving);
    free(manager->heirs);
    mst_commons_destroy(manager->commons);
    (void)pthread_cond_destroy(&manager->changed);
    (void)pthread_mutex_destroy(&manager->mutex);
    free(manager);
}

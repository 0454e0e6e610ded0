/* SPDX-License-Identifier: MIT */
/* A round asks each service once, and each job's checkpoint. */
#include "jobs/horizon.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "jobs/job_spec.h"
#include "log/log.h"

enum { HORIZON_FIRST_MS = 1000, HORIZON_EVERY_MS = 30 * 1000 };

struct mst_horizon {
    struct mst_manager *manager;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool stopping;
    const struct mst_source_type *type; /* of the one being asked */
    void *source;                       /* NULL: none is */
};

/* What a service said in this round. */
struct horizon_service {
    uint64_t hash;
    bool known;
    int64_t oldest_ms;
};

struct horizon_round {
    struct mst_horizon *horizon;
    char **names; /* of jobs */
    size_t names_len;
    struct horizon_service *services;
    size_t services_len;
};

static bool
horizon_is_stopping(struct mst_horizon *horizon)
{
    mst_mutex_lock(&horizon->mutex);
    bool stopping = horizon->stopping;
    mst_mutex_unlock(&horizon->mutex);
    return stopping;
}

/* From here on, or no longer, destroy interrupts this one. */
static void
horizon_set_source(struct mst_horizon *horizon,
                   const struct mst_source_type *type, void *source)
{
    mst_mutex_lock(&horizon->mutex);
    horizon->type = type;
    horizon->source = source;
    if (source != NULL && horizon->stopping) {
        type->interrupt(source);
    }
    mst_mutex_unlock(&horizon->mutex);
}

static enum mst_status
horizon_name(void *arg, const struct mst_job_look *look)
{
    struct horizon_round *round = arg;
    char **names =
        realloc(round->names, (round->names_len + 1) * sizeof(*names));
    if (names == NULL) {
        return MST_FATAL;
    }
    round->names = names;
    names[round->names_len] = strdup(look->name);
    return names[round->names_len++] != NULL ? MST_OK : MST_FATAL;
}

static bool
horizon_ask(struct mst_horizon *horizon, const struct mst_job_loan *loan,
            const struct mst_source_type *type, int64_t *ret_ms)
{
    struct mst_source_args args;
    struct mst_error err;
    void *source = NULL;
    mst_error_clear(&err);
    mst_job_source_args(loan->config, loan->connector, &args);
    enum mst_status status = type->create(&source, &args, &err);
    if (status == MST_OK) {
        horizon_set_source(horizon, type, source);
        status = type->oldest(source, ret_ms, &err);
        horizon_set_source(horizon, NULL, NULL);
    }
    type->destroy(source);
    if (status != MST_OK) {
        mst_log_failure(MST_LOG_DEBUG, "horizon", args.job, &err);
    }
    return status == MST_OK;
}

/* What this job's service said, asked once. NULL: no memory. */
static const struct horizon_service *
horizon_service(struct horizon_round *round, const struct mst_job_loan *loan,
                const struct mst_source_type *type)
{
    uint64_t hash =
        loan->config->services[loan->connector->source.service].hash;
    for (size_t i = 0; i < round->services_len; i++) {
        if (round->services[i].hash == hash) {
            return &round->services[i];
        }
    }
    struct horizon_service *services =
        realloc(round->services, (round->services_len + 1) * sizeof(*services));
    if (services == NULL) {
        return NULL;
    }
    round->services = services;
    struct horizon_service *service = &services[round->services_len++];
    *service = (struct horizon_service){.hash = hash};
    service->known =
        horizon_ask(round->horizon, loan, type, &service->oldest_ms);
    return service;
}

/* When the job's checkpoint was at its origin. */
static bool
horizon_position(struct mst_manager *manager, const char *job,
                 const struct mst_source_type *type, int64_t *ret_ms)
{
    struct mst_store *store = mst_manager_store(manager);
    struct mst_checkpoint checkpoint = {0};
    struct mst_error ignored;
    if (store->type->checkpoint_load(store, job, &checkpoint, &ignored)
        != MST_OK) {
        return false;
    }
    bool known = type->position_time(checkpoint.position, ret_ms);
    mst_checkpoint_clear(&checkpoint);
    return known;
}

static void
horizon_job(struct horizon_round *round, const char *name)
{
    struct mst_manager *manager = round->horizon->manager;
    struct mst_job_loan loan = mst_manager_borrow(manager, name);
    int64_t position_ms = 0;
    int64_t left_ms = -1;
    if (loan.connector != NULL) {
        const struct mst_source_type *type =
            loan.config->services[loan.connector->source.service].source;
        if (type->oldest != NULL
            && horizon_position(manager, name, type, &position_ms)) {
            const struct horizon_service *service =
                horizon_service(round, &loan, type);
            if (service != NULL && service->known) {
                left_ms = position_ms - service->oldest_ms;
                left_ms = left_ms > 0 ? left_ms : 0;
            }
        }
    }
    mst_manager_give_back(manager, &loan);
    mst_manager_note_horizon(manager, name, left_ms);
}

static void
horizon_round(struct mst_horizon *horizon)
{
    struct horizon_round round = {.horizon = horizon};
    /* Without memory for all of them, those that it knows. */
    (void)!mst_manager_each(horizon->manager, "", horizon_name, &round);
    for (size_t i = 0; i < round.names_len; i++) {
        if (round.names[i] != NULL && !horizon_is_stopping(horizon)) {
            horizon_job(&round, round.names[i]);
        }
        free(round.names[i]);
    }
    free(round.names);
    free(round.services);
}

/* False: it is to end. */
static bool
horizon_wait(struct mst_horizon *horizon, int ms)
{
    struct timespec until = mst_cond_deadline(ms);
    mst_mutex_lock(&horizon->mutex);
    while (!horizon->stopping
           && mst_cond_wait(&horizon->changed, &horizon->mutex, &until)) {
    }
    bool stopping = horizon->stopping;
    mst_mutex_unlock(&horizon->mutex);
    return !stopping;
}

static void *
horizon_main(void *arg)
{
    struct mst_horizon *horizon = arg;
    int ms = HORIZON_FIRST_MS;
    while (horizon_wait(horizon, ms)) {
        horizon_round(horizon);
        /* More often while jobs have just begun. */
        ms = ms * 2 < HORIZON_EVERY_MS ? ms * 2 : HORIZON_EVERY_MS;
    }
    return NULL;
}

enum mst_status
mst_horizon_create(struct mst_manager *manager, struct mst_horizon **ret,
                   struct mst_error *err)
{
    struct mst_horizon *horizon = calloc(1, sizeof(*horizon));
    if (horizon == NULL || pthread_mutex_init(&horizon->mutex, NULL) != 0
        || !mst_cond_init(&horizon->changed)) {
        free(horizon);
        return mst_fail_memory(err, "horizon");
    }
    horizon->manager = manager;
    enum mst_status status = mst_thread_start(&horizon->thread, "horizon",
                                              horizon_main, horizon, err);
    if (status != MST_OK) {
        free(horizon);
        return status;
    }
    *ret = horizon;
    return MST_OK;
}

void
mst_horizon_destroy(struct mst_horizon *horizon)
{
    if (horizon == NULL) {
        return;
    }
    mst_mutex_lock(&horizon->mutex);
    horizon->stopping = true;
    if (horizon->source != NULL) {
        horizon->type->interrupt(horizon->source);
    }
    (void)pthread_cond_broadcast(&horizon->changed);
    mst_mutex_unlock(&horizon->mutex);
    (void)pthread_join(horizon->thread, NULL);
    (void)pthread_cond_destroy(&horizon->changed);
    (void)pthread_mutex_destroy(&horizon->mutex);
    free(horizon);
}

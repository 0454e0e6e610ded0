/* SPDX-License-Identifier: MIT */
/* Reads, converts and asks the sinks, as a job does, up to the write. */
#include "dry_run.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "jobs/job_spec.h"
#include "pipeline/chain.h"
#include "pipeline/unit.h"

enum {
    DRY_READ_MS = 200,
    DRY_RETRY_MS = 500,
    DRY_PREVIEW_MAX = 256 * 1024 * 1024
};

/* Ends what waits for a server when the time is over. */
struct dry_guard {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool running;
    bool done;
};

struct dry_run {
    struct mst_chain_watch watch; /* first: its function casts back */
    const struct mst_dry_args *args;
    struct mst_job_spec job;
    struct mst_plan plan;
    struct mst_chain *chain; /* NULL: no middlewares */
    struct mst_checkpoint checkpoint;
    bool has_checkpoint;
    void *source;
    struct mst_dry_sink *sinks;
    struct mst_flight *flight;
    struct dry_guard guard;
    struct mst_chain_look *looks; /* of the batch, step by step */
    size_t looks_len;
    size_t looks_cap;
    int64_t until_ms; /* monotonic */
    struct mst_dry_totals totals;
};

/* Where the job stands. */
static enum mst_status
dry_load(struct dry_run *self, struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = &self->job.spec;
    struct mst_store *store = self->args->store;
    if (!spec->checkpoint || store == NULL) {
        return MST_OK;
    }
    enum mst_status status =
        store->type->checkpoint_load(store, spec->job, &self->checkpoint, err);
    self->has_checkpoint = status == MST_OK;
    if (status == MST_OK
        && (self->checkpoint.identity == NULL
            || strcmp(self->checkpoint.identity, spec->identity) != 0)) {
        return mst_fail(err, MST_FATAL, "checkpoint", 0,
                        "the checkpoint of job '%s' belongs to another "
                        "source: it was written for %s, the job reads %s",
                        spec->job,
                        self->checkpoint.identity != NULL
                            ? self->checkpoint.identity
                            : "(nothing)",
                        spec->identity);
    }
    return status == MST_END ? MST_OK : status;
}

/* What the middlewares do is shown when all of the batch is through. */
static enum mst_status
dry_keep_look(struct mst_chain_watch *watch, const struct mst_chain_look *look,
              struct mst_error *err)
{
    struct dry_run *self = (struct dry_run *)watch;
    if (self->looks_len == self->looks_cap) {
        size_t cap = self->looks_cap == 0 ? 64 : self->looks_cap * 2;
        struct mst_chain_look *looks =
            realloc(self->looks, cap * sizeof(*looks));
        if (looks == NULL) {
            return mst_fail_memory(err, "dry-run");
        }
        self->looks = looks;
        self->looks_cap = cap;
    }
    self->looks[self->looks_len++] = *look;
    return MST_OK;
}

static enum mst_status
dry_make(struct dry_run *self, struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = &self->job.spec;
    uint64_t limit = self->args->limit;
    enum mst_status status = mst_plan_init(&self->plan, spec, err);
    if (status != MST_OK) {
        return status;
    }
    self->sinks = calloc(spec->sinks_len + 1, sizeof(*self->sinks));
    self->flight = mst_flight_create(
        limit < spec->batch_events ? limit : spec->batch_events,
        spec->batch_bytes);
    if (self->sinks == NULL || self->flight == NULL) {
        return mst_fail_memory(err, "dry-run");
    }
    for (size_t i = 0; i < spec->sinks_len && status == MST_OK; i++) {
        self->sinks[i].spec = &spec->sinks[i];
        status = spec->sinks[i].type->create(&self->sinks[i].ctx,
                                             &spec->sinks[i].args, err);
    }
    if (status == MST_OK && spec->middlewares_len > 0) {
        status = mst_chain_create(spec, &self->plan, &self->chain, err);
    }
    if (self->chain != NULL) {
        self->watch.step = dry_keep_look;
        mst_chain_set_watch(self->chain, &self->watch);
    }
    if (status == MST_OK) {
        status = spec->source->create(&self->source, &spec->source_args, err);
    }
    return status;
}

static void *
dry_guard_main(void *arg)
{
    struct dry_run *self = arg;
    struct dry_guard *guard = &self->guard;
    struct timespec until =
        mst_cond_deadline((int)(self->until_ms - mst_clock_ms()));
    bool late = false;
    mst_mutex_lock(&guard->mutex);
    while (!guard->done && !late) {
        late = !mst_cond_wait(&guard->changed, &guard->mutex, &until);
    }
    if (!guard->done) {
        if (self->job.spec.source->interrupt != NULL) {
            self->job.spec.source->interrupt(self->source);
        }
        if (self->chain != NULL) {
            mst_chain_interrupt(self->chain);
        }
    }
    mst_mutex_unlock(&guard->mutex);
    return NULL;
}

static enum mst_status
dry_guard_start(struct dry_run *self, struct mst_error *err)
{
    struct dry_guard *guard = &self->guard;
    if (!mst_cond_init(&guard->changed)) {
        return mst_fail_memory(err, "dry-run");
    }
    if (pthread_mutex_init(&guard->mutex, NULL) != 0) {
        (void)pthread_cond_destroy(&guard->changed);
        return mst_fail_memory(err, "dry-run");
    }
    enum mst_status status =
        mst_thread_start(&guard->thread, "dry-run", dry_guard_main, self, err);
    guard->running = status == MST_OK;
    if (status != MST_OK) {
        (void)pthread_cond_destroy(&guard->changed);
        (void)pthread_mutex_destroy(&guard->mutex);
    }
    return status;
}

static void
dry_guard_stop(struct dry_guard *guard)
{
    if (!guard->running) {
        return;
    }
    mst_mutex_lock(&guard->mutex);
    guard->done = true;
    (void)pthread_cond_signal(&guard->changed);
    mst_mutex_unlock(&guard->mutex);
    (void)pthread_join(guard->thread, NULL);
    (void)pthread_cond_destroy(&guard->changed);
    (void)pthread_mutex_destroy(&guard->mutex);
    guard->running = false;
}

static void
dry_clear(struct dry_run *self)
{
    const struct mst_pipeline_spec *spec = &self->job.spec;
    dry_guard_stop(&self->guard);
    mst_flight_destroy(self->flight);
    if (self->source != NULL) {
        spec->source->close(self->source);
        spec->source->destroy(self->source);
    }
    for (size_t i = 0; self->sinks != NULL && i < spec->sinks_len; i++) {
        if (self->sinks[i].ctx != NULL) {
            spec->sinks[i].type->destroy(self->sinks[i].ctx);
        }
    }
    free(self->sinks);
    if (self->chain != NULL) {
        mst_chain_close(self->chain);
        mst_chain_destroy(self->chain);
    }
    free(self->looks);
    mst_plan_clear(&self->plan);
    if (self->has_checkpoint) {
        mst_checkpoint_clear(&self->checkpoint);
    }
    mst_job_spec_clear(&self->job);
}

static bool
dry_is_late(const struct dry_run *self)
{
    return mst_clock_ms() >= self->until_ms;
}

static void
dry_wait(void)
{
    const struct timespec wait = {.tv_nsec = DRY_RETRY_MS * 1000000L};
    (void)nanosleep(&wait, NULL);
}

static enum mst_status
dry_open(struct dry_run *self, struct mst_error *err)
{
    const struct mst_source_type *type = self->job.spec.source;
    struct mst_dry_viewer *viewer = self->args->viewer;
    struct mst_start start = {.bounded = self->args->bounded,
                              .look_only = true};
    bool told = false;
    if (self->has_checkpoint) {
        start.position = self->checkpoint.position;
        start.origin = self->checkpoint.origin;
    }
    for (;;) {
        mst_error_clear(err);
        enum mst_status status = type->open(self->source, &start, err);
        bool again = status == MST_RETRY || status == MST_DISCONNECTED
                     || status == MST_AGAIN;
        if (!again || dry_is_late(self)) {
            return status;
        }
        if (!told && err->text[0] != '\0' && viewer->waits != NULL) {
            mst_error_prefix(err, "waiting for the source: ");
            viewer->waits(viewer, err);
            told = true;
        }
        dry_wait();
    }
}

/* What the sink says about it; false: it refuses it. */
static bool
dry_ask(const struct dry_run *self, const struct mst_dry_sink *sink,
        const struct mst_delivery *delivery, struct mst_buf *out,
        struct mst_error *err)
{
    const struct mst_sink_type *type = sink->spec->type;
    if (delivery->outcome == MST_REJECTED) {
        if (delivery->error != NULL) {
            *err = *delivery->error;
        }
        return false;
    }
    if (type->preview == NULL) {
        return true;
    }
    enum mst_status status =
        type->preview(sink->ctx, delivery, self->args->as_json, out, err);
    while (out->len > 0 && out->data[out->len - 1] == '\n') {
        out->len--;
    }
    return status == MST_OK;
}

/* One event, or one of its results, at all sinks. */
static void
dry_show_one(struct dry_run *self, const struct mst_unit *unit, size_t at)
{
    struct mst_dry_viewer *viewer = self->args->viewer;
    for (size_t s = 0; s < self->plan.sinks_len; s++) {
        struct mst_delivery *delivery = &unit->parts[s].deliveries[at];
        struct mst_buf preview;
        struct mst_error err;
        mst_error_clear(&err);
        mst_buf_init(&preview, DRY_PREVIEW_MAX);
        bool good = dry_ask(self, &self->sinks[s], delivery, &preview, &err);
        self->totals.rejected += good ? 0 : 1;
        if (viewer->delivery != NULL) {
            viewer->delivery(viewer, &self->sinks[s], delivery, good,
                             mst_buf_slice(&preview), &err);
        }
        mst_buf_clear(&preview);
    }
}

/* What each step made of the unit's event number root. */
static void
dry_show_steps(struct dry_run *self, const struct mst_unit *unit, size_t root)
{
    struct mst_dry_viewer *viewer = self->args->viewer;
    const struct mst_registry *registry = self->args->registry;
    size_t step = SIZE_MAX;
    size_t part = 0;
    for (size_t i = 0; i < self->looks_len && viewer->step != NULL; i++) {
        const struct mst_chain_look *look = &self->looks[i];
        if (look->root != root) {
            continue;
        }
        part = look->step == step ? part + 1 : 1;
        step = look->step;
        size_t parts = part;
        for (size_t k = i + 1; k < self->looks_len; k++) {
            parts += self->looks[k].root == root && self->looks[k].step == step
                         ? 1
                         : 0;
        }
        const struct mst_dry_step shown = {.event = unit->events[root],
                                           .look = look,
                                           .part = part,
                                           .parts = parts,
                                           .contrast = registry->contrast,
                                           .describe = registry->describe};
        viewer->step(viewer, &shown);
    }
}

static void
dry_show_unit(struct dry_run *self, const struct mst_unit *unit)
{
    struct mst_dry_viewer *viewer = self->args->viewer;
    size_t at = 0;
    for (size_t i = 0; i < unit->len; i++) {
        size_t n = self->chain != NULL ? unit->counts[i] : 1;
        dry_show_steps(self, unit, i);
        if (n == 0 && viewer->dropped != NULL) {
            viewer->dropped(viewer, unit->events[i]);
        }
        for (; n > 0; n--) {
            dry_show_one(self, unit, at++);
        }
    }
}

/* Converts the batch as the pipeline does, and shows what comes out. */
static enum mst_status
dry_batch(struct dry_run *self, struct mst_error *err)
{
    struct mst_flight *flight = self->flight;
    struct mst_batch *batch = flight->batch;
    struct mst_dry_viewer *viewer = self->args->viewer;
    enum mst_status status = mst_flight_split(flight, &self->plan, 1, err);
    for (size_t i = 0; i < batch->len; i++) {
        batch->events[i].seq = ++self->totals.events;
    }
    self->looks_len = 0;
    if (status == MST_OK && self->chain != NULL) {
        status = mst_chain_run(self->chain, &flight->units[0], err);
    }
    if (status == MST_OK) {
        status = mst_unit_convert(&flight->units[0], &self->plan, err);
    }
    if (status == MST_OK) {
        dry_show_unit(self, &flight->units[0]);
    }
    return status == MST_OK && viewer->batch != NULL
               ? viewer->batch(viewer, err)
               : status;
}

static enum mst_status
dry_read(struct dry_run *self, struct mst_error *err)
{
    const struct mst_source_type *type = self->job.spec.source;
    struct mst_batch *batch = self->flight->batch;
    uint64_t limit = self->args->limit;
    while (self->totals.events < limit && !dry_is_late(self)) {
        mst_flight_reset(self->flight, SIZE_MAX);
        if (batch->max_events > limit - self->totals.events) {
            batch->max_events = limit - self->totals.events;
        }
        enum mst_status status =
            type->read(self->source, batch, DRY_READ_MS, err);
        enum mst_status shown = dry_batch(self, err);
        if (shown != MST_OK) {
            return shown;
        }
        if (status == MST_RETRY) {
            dry_wait();
        } else if (status != MST_OK && status != MST_AGAIN) {
            return status;
        }
    }
    return self->totals.events < limit ? MST_AGAIN : MST_END;
}

static enum mst_status
dry_run(struct dry_run *self, struct mst_error *err)
{
    struct mst_dry_viewer *viewer = self->args->viewer;
    enum mst_status status = dry_load(self, err);
    if (status == MST_OK) {
        status = mst_job_spec_resolve(&self->job, err);
    }
    if (status == MST_OK) {
        status = dry_make(self, err);
    }
    if (status == MST_OK) {
        status = dry_guard_start(self, err);
    }
    if (status == MST_OK) {
        if (viewer->begins != NULL) {
            viewer->begins(viewer, self->job.spec.job,
                           self->has_checkpoint ? &self->checkpoint : NULL);
        }
        status = dry_open(self, err);
    }
    return status == MST_OK ? dry_read(self, err) : status;
}

enum mst_status
mst_dry_run(const struct mst_dry_args *args, struct mst_dry_totals *ret_totals,
            struct mst_error *err)
{
    struct dry_run self = {.args = args,
                           .until_ms = mst_clock_ms() + args->timeout_ms};
    mst_error_clear(err);
    *ret_totals = self.totals;
    enum mst_status status = mst_job_spec_init(
        &self.job, args->config, args->connector, args->registry,
        mst_job_memory(args->config, args->connector), err);
    if (status != MST_OK) {
        return status;
    }
    self.job.schemas.rehearse = true;
    status = dry_run(&self, err);
    *ret_totals = self.totals;
    dry_clear(&self);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* A middleware that drops, multiplies, refuses and fails as it is told. The
 * first of a job does so, the second one leaves everything as it is. */
#include <stdlib.h>
#include <time.h>

#include "base/thread.h"
#include "fake_parts.h"

struct fake_middleware {
    struct fake_world *world;
    bool first;
    bool open;
    const struct mst_event **shown; /* what comes, from `at` on */
    size_t shown_len;
    size_t at;
    atomic_bool interrupted;
};

static bool
fake_chance_of(struct fake_world *world, unsigned per_mille)
{
    mst_mutex_lock(&world->mutex);
    bool yes = fake_random(&world->seed, 1000) < per_mille;
    mst_mutex_unlock(&world->mutex);
    return yes;
}

static enum mst_status
fake_middleware_create(void **ret_ctx, const struct mst_middleware_args *args,
                       struct mst_error *err)
{
    struct fake_middleware *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "fake");
    }
    /* The world is the test's to change. */
    self->world = (struct fake_world *)(uintptr_t)args->options;
    self->first = args->resource[0] == '1';
    *ret_ctx = self;
    return MST_OK;
}

static enum mst_status
fake_middleware_open(void *ctx, struct mst_error *err)
{
    struct fake_middleware *self = ctx;
    if (fake_chance_of(self->world, self->world->middleware.open_fails)) {
        return mst_fail(err, MST_RETRY, "fake", 0, "not there");
    }
    self->open = true;
    return MST_OK;
}

static void
fake_middleware_close(void *ctx)
{
    struct fake_middleware *self = ctx;
    self->open = false;
}

static enum mst_status
fake_middleware_wait(struct fake_middleware *self, struct mst_error *err)
{
    const struct timespec time = {.tv_nsec = 1000000L};
    atomic_store(&self->world->stuck, true);
    while (!atomic_load(&self->interrupted)) {
        (void)nanosleep(&time, NULL);
    }
    return mst_fail(err, MST_RETRY, "fake", 0, "interrupted");
}

/* What this event is told to fail with; MST_OK: nothing. */
static enum mst_status
fake_middleware_fail(struct fake_middleware *self, uint64_t n,
                     struct mst_error *err)
{
    const struct fake_middleware_script *script = &self->world->middleware;
    if (n == script->stuck) {
        return fake_middleware_wait(self, err);
    }
    if (n == script->fatal) {
        return mst_fail(err, MST_FATAL, "fake", 0, "broken");
    }
    if (n == script->busy || fake_chance_of(self->world, script->retry)) {
        return mst_fail(err, MST_RETRY, "fake", 0, "busy");
    }
    if (fake_chance_of(self->world, script->disconnect)) {
        return mst_fail(err, MST_DISCONNECTED, "fake", 0, "gone");
    }
    if (n % 100 == 7) {
        return mst_fail(err, MST_REJECTED, "fake", 0, "7 is bad");
    }
    return MST_OK;
}

static enum mst_status
fake_middleware_many(const struct mst_event *event, struct mst_emit *emit,
                     struct mst_error *err)
{
    for (uint64_t i = 0; i < FAKE_MANY; i++) {
        struct mst_event result;
        uint8_t *bytes = mst_arena_alloc(emit->arena, 16);
        if (bytes == NULL) {
            return mst_fail_memory(err, "fake");
        }
        memcpy(bytes, event->payload.data, 8);
        memcpy(bytes + 8, &i, 8);
        mst_event_derive(event, &result);
        result.payload = mst_slice_of(bytes, 16);
        enum mst_status status = emit->event(emit, &result, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

static void
fake_middleware_ahead(void *ctx, const struct mst_event *const *events,
                      size_t n)
{
    struct fake_middleware *self = ctx;
    const struct mst_event **shown =
        realloc(self->shown, (n + 1) * sizeof(*shown));
    self->shown_len = 0;
    self->at = 0;
    if (shown != NULL) {
        memcpy(shown, events, n * sizeof(*shown));
        self->shown = shown;
        self->shown_len = n;
    }
}

/* Counts whether the event was shown before, and is not behind another. */
static void
fake_middleware_look(struct fake_middleware *self,
                     const struct mst_event *event)
{
    size_t i = self->at;
    while (i < self->shown_len && self->shown[i] != event) {
        i++;
    }
    bool found = i < self->shown_len;
    self->at = found ? i : self->at;
    atomic_fetch_add(&self->world->shown[found], 1);
}

static void
fake_middleware_destroy(void *ctx)
{
    struct fake_middleware *self = ctx;
    free(self->shown);
    free(self);
}

static enum mst_status
fake_middleware_apply(void *ctx, const struct mst_event *event,
                      struct mst_emit *emit, struct mst_error *err)
{
    struct fake_middleware *self = ctx;
    uint64_t n = 0;
    memcpy(&n, event->payload.data, sizeof(n));
    fake_middleware_look(self, event);
    if (!self->open) {
        return mst_fail(err, MST_FATAL, "fake", 0, "not open");
    }
    if (!self->first) {
        return emit->event(emit, event, err);
    }
    /* What is emitted before it fails does not count. */
    enum mst_status status = MST_OK;
    if (fake_chance_of(self->world, self->world->middleware.emits_first)) {
        status = emit->event(emit, event, err);
        enum mst_status failed = fake_middleware_fail(self, n, err);
        return status != MST_OK ? status
               : failed == MST_OK
                   ? mst_fail(err, MST_RETRY, "fake", 0, "half done")
                   : failed;
    }
    status = fake_middleware_fail(self, n, err);
    if (status != MST_OK || n % 10 == 3) {
        return status;
    }
    return n % 10 == 5 ? fake_middleware_many(event, emit, err)
                       : emit->event(emit, event, err);
}

static bool
fake_middleware_batches(void *ctx)
{
    const struct fake_middleware *self = ctx;
    return self->first && self->world->middleware.batches;
}

/* Says of some that they are bad, and leaves it to the engine to find others. */
static enum mst_status
fake_middleware_apply_batch(void *ctx, const struct mst_event *const *events,
                            size_t n, struct mst_emit *emit,
                            struct mst_error *err)
{
    struct fake_middleware *self = ctx;
    for (size_t i = 0; i < n; i++) {
        emit->of(emit, i);
        enum mst_status status =
            fake_middleware_apply(ctx, events[i], emit, err);
        if (status == MST_REJECTED && fake_chance_of(self->world, 500)) {
            struct mst_error why = *err;
            status = emit->reject(emit, i, &why, err);
        }
        if (status != MST_OK) {
            return status;
        }
    }
    atomic_fetch_add(&self->world->groups, n > 1 ? 1 : 0);
    return MST_OK;
}

static uint64_t
fake_middleware_script_hash(const void *ctx)
{
    (void)ctx;
    return FAKE_SCRIPT_HASH;
}

static void
fake_middleware_interrupt(void *ctx)
{
    struct fake_middleware *self = ctx;
    atomic_store(&self->interrupted, true);
}

const struct mst_middleware_type fake_middleware_type = {
    .name = "fake",
    .help = "fake",
    .encodings = 1U << MST_ENCODING_RAW,
    .create = fake_middleware_create,
    .open = fake_middleware_open,
    .apply = fake_middleware_apply,
    .interrupt = fake_middleware_interrupt,
    .close = fake_middleware_close,
    .destroy = fake_middleware_destroy,
    .ahead = fake_middleware_ahead,
    .batches = fake_middleware_batches,
    .apply_batch = fake_middleware_apply_batch,
    .script_hash = fake_middleware_script_hash,
};

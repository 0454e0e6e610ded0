/* SPDX-License-Identifier: MIT */
/* A source that gives the numbers 1..total and can fail in every way. */
#include "fake_parts.h"

#include <stdlib.h>
#include <time.h>

#include "base/thread.h"

static enum mst_status
fake_source_create(void **ret_ctx, const struct mst_source_args *args,
                   struct mst_error *err)
{
    (void)err;
    *ret_ctx = (void *)(uintptr_t)args->options;
    return MST_OK;
}

static bool
fake_chance(struct fake_world *world, unsigned per_mille)
{
    return fake_random(&world->seed, 1000) < per_mille;
}

static enum mst_status
fake_source_open(void *ctx, const struct mst_start *start,
                 struct mst_error *err)
{
    struct fake_world *world = ctx;
    mst_mutex_lock(&world->mutex);
    bool fails = fake_chance(world, world->source.open_fails);
    world->next = 1;
    if (start->position.data != NULL && start->position.len == 8) {
        memcpy(&world->next, start->position.data, 8);
        world->next++;
    }
    mst_mutex_unlock(&world->mutex);
    return fails ? mst_fail(err, MST_DISCONNECTED, "fake", 0, "no answer")
                 : MST_OK;
}

static enum mst_status
fake_source_event(struct fake_world *world, struct mst_batch *batch)
{
    uint64_t n = world->next;
    uint8_t *bytes = mst_arena_alloc(&batch->arena, 16);
    struct mst_event *event = bytes == NULL ? NULL : mst_batch_add(batch);
    if (event == NULL) {
        return MST_FATAL;
    }
    world->next++;
    memcpy(bytes, &n, 8);
    event->payload = mst_slice_of(bytes, 8);
    event->mark = mst_slice_of(bytes, 8);
    event->encoding = MST_ENCODING_RAW;
    event->op = MST_OP_CREATE;
    if (world->source.keys > 0) {
        uint64_t key = n % world->source.keys;
        memcpy(bytes + 8, &key, 8);
        event->key = mst_slice_of(bytes + 8, 8);
        event->key_kind = MST_KEY_BYTES;
    }
    mst_batch_added(batch, event);
    return MST_OK;
}

static enum mst_status
fake_source_fill(struct fake_world *world, struct mst_batch *batch,
                 struct mst_error *err)
{
    const struct fake_source_script *script = &world->source;
    if (world->interrupted || fake_chance(world, script->again)) {
        return MST_AGAIN;
    }
    if (fake_chance(world, script->retry)) {
        return mst_fail(err, MST_RETRY, "fake", 0, "busy");
    }
    if (fake_chance(world, script->end_marks)) {
        uint64_t last = world->next - 1;
        batch->end_mark =
            mst_arena_copy(&batch->arena, mst_slice_of(&last, sizeof(last)));
        return MST_OK;
    }
    unsigned n = 1 + fake_random(&world->seed, 30);
    for (unsigned i = 0;
         i < n && world->next <= script->total && !mst_batch_is_full(batch);
         i++) {
        if (fake_source_event(world, batch) != MST_OK) {
            return mst_fail_memory(err, "fake");
        }
    }
    batch->flush = fake_chance(world, script->flush);
    if (fake_chance(world, script->disconnect)) {
        return mst_fail(err, MST_DISCONNECTED, "fake", 0, "connection lost");
    }
    return world->next > script->total ? MST_END : MST_OK;
}

static enum mst_status
fake_source_read(void *ctx, struct mst_batch *batch, int timeout_ms,
                 struct mst_error *err)
{
    struct fake_world *world = ctx;
    (void)timeout_ms;
    if (batch->max_events == 0) {
        return MST_AGAIN;
    }
    if (world->source.slow_ms > 0) {
        const struct timespec time = {.tv_nsec =
                                          world->source.slow_ms * 1000000L};
        (void)nanosleep(&time, NULL);
    }
    mst_mutex_lock(&world->mutex);
    enum mst_status status = fake_source_fill(world, batch, err);
    mst_mutex_unlock(&world->mutex);
    return status;
}

static void
fake_source_settle(void *ctx, struct mst_slice mark)
{
    struct fake_world *world = ctx;
    mst_mutex_lock(&world->mutex);
    memcpy(&world->settled, mark.data, sizeof(world->settled));
    world->has_settled = true;
    mst_mutex_unlock(&world->mutex);
}

static enum mst_status
fake_source_position(void *ctx, struct mst_buf *out, struct mst_error *err)
{
    struct fake_world *world = ctx;
    (void)err;
    mst_mutex_lock(&world->mutex);
    uint64_t settled = world->settled;
    bool has = world->has_settled || world->source.knows_start;
    mst_mutex_unlock(&world->mutex);
    return has ? mst_buf_append(out, &settled, sizeof(settled)) : MST_AGAIN;
}

static enum mst_status
fake_source_committed(void *ctx, struct mst_slice position,
                      struct mst_error *err)
{
    struct fake_world *world = ctx;
    (void)err;
    mst_mutex_lock(&world->mutex);
    memcpy(&world->committed, position.data, sizeof(world->committed));
    mst_mutex_unlock(&world->mutex);
    return MST_OK;
}

static void
fake_source_interrupt(void *ctx)
{
    struct fake_world *world = ctx;
    mst_mutex_lock(&world->mutex);
    world->interrupted = true;
    mst_mutex_unlock(&world->mutex);
}

static void
fake_source_nothing(void *ctx)
{
    (void)ctx;
}

const struct mst_source_type fake_source_type = {
    .name = "fake",
    .create = fake_source_create,
    .open = fake_source_open,
    .read = fake_source_read,
    .settle = fake_source_settle,
    .position = fake_source_position,
    .committed = fake_source_committed,
    .interrupt = fake_source_interrupt,
    .close = fake_source_nothing,
    .destroy = fake_source_nothing,
};

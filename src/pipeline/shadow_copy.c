/* SPDX-License-Identifier: MIT */
/* Copies of events and of what became of them: the job's own memory is gone
 * when its sinks have confirmed. */
#include <stdlib.h>

#include "pipeline/shadow_impl.h"

/* What is copied of one event: a slice within one of these stays there. */
struct copy_known {
    struct mst_slice from;
    struct mst_slice to;
};

struct copy {
    struct mst_arena *arena;
    struct copy_known known[2]; /* payload and key of the event read */
    const struct mst_attribute *attributes;
    const struct mst_attribute *attributes_to;
    bool failed;
};

static bool
copy_is_within(struct mst_slice inner, struct mst_slice outer)
{
    uintptr_t at = (uintptr_t)inner.data;
    uintptr_t start = (uintptr_t)outer.data;
    return inner.data != NULL && outer.data != NULL && at >= start
           && inner.len <= outer.len && at - start <= outer.len - inner.len;
}

static struct mst_slice
copy_slice(struct copy *copy, struct mst_slice slice)
{
    if (slice.data == NULL) {
        return slice;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(copy->known); i++) {
        const struct copy_known *known = &copy->known[i];
        if (copy_is_within(slice, known->from)) {
            return mst_slice_of(
                known->to.data + (slice.data - known->from.data), slice.len);
        }
    }
    struct mst_slice made = mst_arena_copy(copy->arena, slice);
    copy->failed = copy->failed || made.data == NULL;
    return made;
}

static const struct mst_attribute *
copy_attributes(struct copy *copy, const struct mst_event *event)
{
    size_t n = event->attributes_len;
    if (n == 0) {
        return NULL;
    }
    if (event->attributes == copy->attributes) {
        return copy->attributes_to;
    }
    struct mst_attribute *made =
        mst_arena_alloc(copy->arena, n * sizeof(*made));
    if (made == NULL) {
        copy->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        made[i].name = copy_slice(copy, event->attributes[i].name);
        made[i].value = copy_slice(copy, event->attributes[i].value);
    }
    return made;
}

static void
copy_event(struct copy *copy, const struct mst_event *event,
           struct mst_event *ret_event)
{
    mst_event_derive(event, ret_event);
    ret_event->payload = copy_slice(copy, event->payload);
    ret_event->key = copy_slice(copy, event->key);
    ret_event->mark = MST_SLICE_NONE;
    ret_event->attributes = copy_attributes(copy, event);
    ret_event->attributes_len =
        ret_event->attributes != NULL ? event->attributes_len : 0;
    ret_event->seq = event->seq;
    ret_event->key_hash = event->key_hash;
    ret_event->batch = NULL;
}

static uint64_t
copy_attributes_size(const struct mst_event *event)
{
    uint64_t bytes = event->attributes_len * sizeof(struct mst_attribute);
    for (size_t i = 0; i < event->attributes_len; i++) {
        bytes += event->attributes[i].name.len + event->attributes[i].value.len
                 + 2 * sizeof(void *);
    }
    return bytes;
}

/* What one event and its results take; first: its first result. */
static uint64_t
copy_size(const struct mst_unit *unit, size_t i, size_t first, bool live)
{
    const struct mst_event *root = unit->events[i];
    uint64_t bytes = 2 * sizeof(*root) + root->payload.len + root->key.len
                     + copy_attributes_size(root);
    if (!live || unit->refusals[i] != NULL) {
        return bytes + (live ? sizeof(struct mst_error) : 0);
    }
    for (size_t k = 0; k < unit->counts[i]; k++) {
        const struct mst_event *one = unit->results[first + k];
        bytes += sizeof(*one) + 2 * sizeof(void *);
        bytes +=
            copy_is_within(one->payload, root->payload) ? 0 : one->payload.len;
        bytes += copy_is_within(one->key, root->key) ? 0 : one->key.len;
        bytes +=
            one->attributes == root->attributes ? 0 : copy_attributes_size(one);
    }
    return bytes;
}

/* The results of the job's own chain. */
static void
copy_live(struct copy *copy, const struct mst_unit *unit, size_t i,
          size_t first, struct shadow_result *ret_result)
{
    size_t n = unit->counts[i];
    if (unit->refusals[i] != NULL) {
        struct mst_error *err = mst_arena_alloc(copy->arena, sizeof(*err));
        copy->failed = copy->failed || err == NULL;
        if (err != NULL) {
            *err = unit->refusals[i]->err;
        }
        *ret_result = (struct shadow_result){.refused = err};
        return;
    }
    struct mst_event *events =
        mst_arena_alloc_zeroed(copy->arena, n + 1, sizeof(*events));
    ret_result->events =
        mst_arena_alloc(copy->arena, (n + 1) * sizeof(struct mst_event *));
    ret_result->len = n;
    ret_result->refused = NULL;
    if (events == NULL || ret_result->events == NULL) {
        copy->failed = true;
        return;
    }
    for (size_t k = 0; k < n && !copy->failed; k++) {
        copy_event(copy, unit->results[first + k], &events[k]);
        ret_result->events[k] = &events[k];
    }
}

static bool
copy_make(struct shadow_task *task, const struct mst_unit *unit, bool live)
{
    struct copy copy = {.arena = &task->arena};
    size_t n = task->len;
    size_t first = 0;
    task->events = mst_arena_alloc_zeroed(copy.arena, n, sizeof(*task->events));
    task->list = mst_arena_alloc(copy.arena, n * sizeof(struct mst_event *));
    if (live) {
        task->live = mst_arena_alloc(copy.arena, n * sizeof(*task->live));
        task->live_ns = mst_arena_alloc_zeroed(copy.arena, n, sizeof(uint64_t));
    }
    if (task->events == NULL || task->list == NULL
        || (live && (task->live == NULL || task->live_ns == NULL))) {
        return false;
    }
    for (size_t i = 0; i < n && !copy.failed; i++) {
        const struct mst_event *root = unit->events[i];
        struct mst_event *made = &task->events[i];
        memset(copy.known, 0, sizeof(copy.known));
        copy.attributes = NULL;
        copy_event(&copy, root, made);
        task->list[i] = made;
        if (!live || copy.failed) {
            continue;
        }
        copy.known[0] = (struct copy_known){root->payload, made->payload};
        copy.known[1] = (struct copy_known){root->key, made->key};
        copy.attributes = root->attributes;
        copy.attributes_to = made->attributes;
        copy_live(&copy, unit, i, first, &task->live[i]);
        task->live_ns[i] = unit->spent != NULL ? unit->spent[i] : 0;
        first += unit->counts[i];
    }
    return !copy.failed;
}

struct shadow_task *
mst_shadow_copy(const struct mst_unit *unit, size_t max, uint64_t room,
                bool live)
{
    uint64_t bytes = sizeof(struct shadow_task);
    size_t n = 0;
    size_t first = 0;
    while (n < unit->len && n < max) {
        uint64_t more = copy_size(unit, n, first, live);
        if (more > room || bytes > room - more) {
            break;
        }
        bytes += more;
        first += live ? unit->counts[n] : 0;
        n++;
    }
    struct shadow_task *task = n > 0 ? calloc(1, sizeof(*task)) : NULL;
    if (task == NULL) {
        return NULL;
    }
    task->len = n;
    task->arena.want = (size_t)bytes;
    if (!copy_make(task, unit, live)) {
        mst_shadow_task_destroy(task);
        return NULL;
    }
    task->charged = sizeof(*task) + task->arena.held;
    return task;
}

void
mst_shadow_task_destroy(struct shadow_task *task)
{
    if (task != NULL) {
        mst_arena_clear(&task->arena);
        free(task);
    }
}

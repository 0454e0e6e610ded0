/* SPDX-License-Identifier: MIT */
/* Letters in the order of their ids, up to the newest at the time of open. */
#include "jobs/letter_source.h"

#include <stdlib.h>

#include "log/log.h"

enum { LETTER_SOURCE_PAGE = 100 };

struct letter_source {
    const struct mst_letter_source_options *options;
    uint64_t after; /* given up to here */
    uint64_t last;  /* the newest that counts */
    /* Settled, not removed yet. */
    uint64_t *settled;
    size_t settled_len;
    size_t settled_cap;
};

/* What a page is read into. */
struct letter_page {
    struct letter_source *source;
    struct mst_batch *batch;
    size_t seen;
};

static enum mst_status
letter_source_create(void **ret_ctx, const struct mst_source_args *args,
                     struct mst_error *err)
{
    struct letter_source *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return mst_fail_memory(err, "dlq");
    }
    self->options = args->options;
    *ret_ctx = self;
    return MST_OK;
}

static enum mst_status
letter_source_note_last(void *arg, const struct mst_letter *one)
{
    struct letter_source *self = arg;
    self->last = one->id;
    return MST_OK;
}

static enum mst_status
letter_source_open(void *ctx, const struct mst_start *start,
                   struct mst_error *err)
{
    struct letter_source *self = ctx;
    const struct mst_letter_filter filter = {.job = self->options->job,
                                             .id = self->options->id};
    (void)start;
    struct mst_store *store = self->options->store;
    return store->type->letters_list(store, &filter, letter_source_note_last,
                                     self, err);
}

static bool
letter_source_is_mine(const struct letter_source *self,
                      const struct mst_letter *letter)
{
    const char *sink = self->options->sink;
    if (sink == NULL || letter->sink == NULL) {
        return sink == NULL && letter->sink == NULL;
    }
    return strcmp(sink, letter->sink) == 0;
}

static enum mst_status
letter_source_attributes(struct mst_batch *batch, struct mst_event *event,
                         const struct mst_letter *letter)
{
    struct mst_attribute *all =
        mst_batch_attributes(batch, letter->attributes_len + 1);
    if (all == NULL) {
        return MST_FATAL;
    }
    for (size_t i = 0; i < letter->attributes_len; i++) {
        all[i].name = mst_arena_copy(&batch->arena, letter->attributes[i].name);
        all[i].value =
            mst_arena_copy(&batch->arena, letter->attributes[i].value);
        if (all[i].name.data == NULL || all[i].value.data == NULL) {
            return MST_FATAL;
        }
    }
    event->attributes = all;
    event->attributes_len = (uint32_t)letter->attributes_len;
    return MST_OK;
}

/* Copies bytes that may be absent. */
static bool
letter_source_copy(struct mst_batch *batch, struct mst_slice from,
                   struct mst_slice *ret)
{
    *ret = from.data == NULL ? MST_SLICE_NONE
                             : mst_arena_copy(&batch->arena, from);
    return from.data == NULL || ret->data != NULL;
}

static enum mst_status
letter_source_add(void *arg, const struct mst_letter *letter)
{
    struct letter_page *page = arg;
    struct mst_batch *batch = page->batch;
    if (letter->id > page->source->last || mst_batch_is_full(batch)) {
        return MST_END;
    }
    page->seen++;
    page->source->after = letter->id;
    if (!letter_source_is_mine(page->source, letter)) {
        return MST_OK;
    }
    struct mst_event *event = mst_batch_add(batch);
    if (event == NULL) {
        return MST_END;
    }
    event->encoding = letter->encoding;
    event->op = letter->op;
    event->attempts = letter->attempts;
    event->key_kind = letter->key_kind;
    event->source_ts_ms = letter->source_ts_ms;
    if (!letter_source_copy(batch, letter->payload, &event->payload)
        || !letter_source_copy(batch, letter->key, &event->key)
        || !letter_source_copy(batch, mst_slice_of(&letter->id, 8),
                               &event->mark)
        || letter_source_attributes(batch, event, letter) != MST_OK) {
        mst_batch_undo(batch);
        return MST_FATAL;
    }
    mst_batch_added(batch, event);
    return MST_OK;
}

static enum mst_status
letter_source_read(void *ctx, struct mst_batch *batch, int timeout_ms,
                   struct mst_error *err)
{
    struct letter_source *self = ctx;
    struct mst_store *store = self->options->store;
    struct letter_page page = {.source = self, .batch = batch};
    const struct mst_letter_filter filter = {.job = self->options->job,
                                             .id = self->options->id,
                                             .after = self->after,
                                             .limit = LETTER_SOURCE_PAGE,
                                             .payloads = true};
    (void)timeout_ms;
    if (batch->max_events == 0) {
        return MST_AGAIN;
    }
    if (self->after >= self->last) {
        return MST_END;
    }
    enum mst_status status = store->type->letters_list(
        store, &filter, letter_source_add, &page, err);
    if (status == MST_END) {
        status = MST_OK;
    }
    return status == MST_OK && page.seen == 0 ? MST_END : status;
}

static void
letter_source_settle(void *ctx, struct mst_slice mark)
{
    struct letter_source *self = ctx;
    if (self->settled_len == self->settled_cap) {
        size_t cap = self->settled_cap == 0 ? 64 : self->settled_cap * 2;
        uint64_t *more = realloc(self->settled, cap * sizeof(*more));
        if (more == NULL) {
            return; /* the letter stays, and may be replayed again */
        }
        self->settled = more;
        self->settled_cap = cap;
    }
    memcpy(&self->settled[self->settled_len++], mark.data, sizeof(uint64_t));
}

static enum mst_status
letter_source_position(void *ctx, struct mst_buf *out, struct mst_error *err)
{
    struct letter_source *self = ctx;
    (void)err;
    if (self->settled_len == 0) {
        return MST_AGAIN;
    }
    return mst_buf_printf(
        out, "{\"letter\":%llu}",
        (unsigned long long)self->settled[self->settled_len - 1]);
}

static enum mst_status
letter_source_committed(void *ctx, struct mst_slice position,
                        struct mst_error *err)
{
    struct letter_source *self = ctx;
    struct mst_store *store = self->options->store;
    uint64_t deleted = 0;
    const struct mst_letter_filter filter = {.job = self->options->job,
                                             .ids = self->settled,
                                             .ids_len = self->settled_len};
    (void)position;
    if (self->settled_len == 0) {
        return MST_OK; /* a filter without ids would mean all */
    }
    enum mst_status status =
        store->type->letters_delete(store, &filter, &deleted, err);
    if (status == MST_OK) {
        self->settled_len = 0;
    }
    return status;
}

static void
letter_source_nothing(void *ctx)
{
    (void)ctx;
}

static void
letter_source_destroy(void *ctx)
{
    struct letter_source *self = ctx;
    if (self != NULL) {
        free(self->settled);
        free(self);
    }
}

const struct mst_source_type mst_letter_source = {
    .name = "letters",
    .create = letter_source_create,
    .open = letter_source_open,
    .read = letter_source_read,
    .settle = letter_source_settle,
    .position = letter_source_position,
    .committed = letter_source_committed,
    .interrupt = letter_source_nothing,
    .close = letter_source_nothing,
    .destroy = letter_source_destroy,
};

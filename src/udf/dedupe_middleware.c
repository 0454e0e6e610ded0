/* SPDX-License-Identifier: MIT */
/*
 * `dedupe`: events that came already are dropped. What came is remembered by
 * SHA-256 (its first half), in a ring: the oldest is forgotten first.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "udf/builtin.h"
#include "udf/builtins.h"
#include "udf/mask.h"

struct dedupe_options {
    struct mst_strings by;
    bool key;
    int64_t size;
    int64_t window_ms;
};

struct dedupe_entry {
    uint8_t hash[16];
    int64_t time_ms; /* monotonic */
    uint32_t next;   /* in its chain, 1-based; 0: the last */
};

struct dedupe {
    struct mst_builtin base;
    struct dedupe_entry *ring;
    uint32_t *heads; /* of chains, by hash; 1-based */
    uint32_t size;
    uint32_t first; /* the oldest */
    uint32_t len;
};

static const struct mst_option dedupe_table[] = {
    {.name = "by",
     .type = MST_OPTION_STRING_LIST,
     .offset = offsetof(struct dedupe_options, by),
     .flags = MST_OPTION_ONE_OR_LIST,
     .help = "Paths of the fields that say which event it is. Events that "
             "have none of them pass."},
    {.name = "key",
     .type = MST_OPTION_BOOL,
     .offset = offsetof(struct dedupe_options, key),
     .def = "false",
     .help = "Instead: the event's key. Of a collection's changes only the "
             "first one of each document goes on then."},
    {.name = "size",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct dedupe_options, size),
     .def = "100000",
     .min = 1,
     .max = 100000000,
     .help = "So many are remembered, per worker; 36 bytes each."},
    {.name = "window",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct dedupe_options, window_ms),
     .def = "10m",
     .min = 1,
     .max = INT64_MAX / 2,
     .help = "And for so long."},
};

static void
dedupe_destroy(void *ctx)
{
    struct dedupe *self = ctx;
    free(self->ring);
    free(self->heads);
    mst_builtin_destroy(&self->base);
}

static enum mst_status
dedupe_check(const struct mst_middleware_args *args, struct mst_error *err)
{
    const struct dedupe_options *options = args->options;
    if ((options->by.len > 0) != options->key) {
        return MST_OK;
    }
    return mst_fail(err, MST_FATAL, "dedupe", 0,
                    "either 'by' or key = true says which events are the same");
}

static enum mst_status
dedupe_create(void **ret_ctx, const struct mst_middleware_args *args,
              struct mst_error *err)
{
    const struct dedupe_options *options = args->options;
    enum mst_status status = dedupe_check(args, err);
    if (status != MST_OK) {
        return status;
    }
    struct dedupe *self = mst_builtin_make(sizeof(*self), args);
    if (self == NULL) {
        return mst_fail_memory(err, "dedupe");
    }
    self->size = (uint32_t)options->size;
    self->ring = calloc(self->size, sizeof(*self->ring));
    self->heads = calloc(self->size, sizeof(*self->heads));
    if (self->ring == NULL || self->heads == NULL) {
        dedupe_destroy(self);
        return mst_fail_memory(err, "dedupe");
    }
    *ret_ctx = self;
    return MST_OK;
}

static uint32_t *
dedupe_head(const struct dedupe *self, const uint8_t hash[16])
{
    uint64_t n = 0;
    memcpy(&n, hash, sizeof(n));
    return &self->heads[n % self->size];
}

static void
dedupe_forget_oldest(struct dedupe *self)
{
    const struct dedupe_entry *oldest = &self->ring[self->first];
    uint32_t *at = dedupe_head(self, oldest->hash);
    while (*at != self->first + 1) {
        at = &self->ring[*at - 1].next;
    }
    *at = oldest->next;
    self->first = (self->first + 1) % self->size;
    self->len--;
}

/* True: it came before. */
static bool
dedupe_is_known(struct dedupe *self, const uint8_t hash[16])
{
    const struct dedupe_options *options = self->base.options;
    int64_t now = mst_clock_ms();
    while (self->len > 0
           && now - self->ring[self->first].time_ms > options->window_ms) {
        dedupe_forget_oldest(self);
    }
    for (uint32_t at = *dedupe_head(self, hash); at != 0;
         at = self->ring[at - 1].next) {
        if (memcmp(self->ring[at - 1].hash, hash, 16) == 0) {
            return true;
        }
    }
    return false;
}

static void
dedupe_remember(struct dedupe *self, const uint8_t hash[16])
{
    if (self->len == self->size) {
        dedupe_forget_oldest(self);
    }
    uint32_t *head = dedupe_head(self, hash);
    uint32_t place = (self->first + self->len) % self->size;
    struct dedupe_entry *entry = &self->ring[place];
    memcpy(entry->hash, hash, 16);
    entry->time_ms = mst_clock_ms();
    entry->next = *head;
    *head = place + 1;
    self->len++;
}

/* Type and bytes of each field, so that no two sets look the same. */
static enum mst_status
dedupe_gather(struct dedupe *self, const struct mst_event *event, bool *ret_any,
              struct mst_error *err)
{
    const struct dedupe_options *options = self->base.options;
    struct mst_buf *out = &self->base.scratch;
    *ret_any = false;
    enum mst_status status = mst_builtin_read(&self->base, event, err);
    if (status != MST_OK) {
        return status == MST_END ? MST_OK : status;
    }
    mst_buf_reset(out);
    for (size_t i = 0; i < options->by.len && status == MST_OK; i++) {
        struct mst_doc_node *node = NULL;
        status = mst_doc_find(&self->base.doc, self->base.doc.root,
                              mst_slice_str(options->by.items[i]), &node, err);
        if (status != MST_OK) {
            return status;
        }
        uint64_t head[2] = {node == NULL ? 0 : node->type,
                            node == NULL ? 0 : node->raw.len};
        *ret_any = *ret_any || node != NULL;
        status = mst_buf_append(out, head, sizeof(head));
        if (status == MST_OK && node != NULL) {
            status = mst_buf_append(out, node->raw.data, node->raw.len);
        }
    }
    return status == MST_OK ? MST_OK : mst_fail_memory(err, "dedupe");
}

static enum mst_status
dedupe_apply(void *ctx, const struct mst_event *event, struct mst_emit *emit,
             struct mst_error *err)
{
    struct dedupe *self = ctx;
    const struct dedupe_options *options = self->base.options;
    struct mst_slice what = event->key;
    uint8_t hash[MST_SHA256_LEN];
    bool any = event->key.data != NULL;
    if (options->by.len > 0) {
        enum mst_status status = dedupe_gather(self, event, &any, err);
        if (status != MST_OK) {
            return status;
        }
        what = mst_buf_slice(&self->base.scratch);
    }
    if (any) {
        if (!mst_sha256(what, MST_SLICE_NONE, hash)) {
            return mst_fail(err, MST_FATAL, "dedupe", 0,
                            "SHA-256 is not to be had");
        }
        if (dedupe_is_known(self, hash)) {
            return MST_OK;
        }
    }
    enum mst_status status = emit->event(emit, event, err);
    /* Not before: what failed comes again. */
    if (status == MST_OK && any) {
        dedupe_remember(self, hash);
    }
    return status;
}

const struct mst_middleware_type mst_dedupe_middleware = {
    .name = "dedupe",
    .help = "Drops events that came already, by key or by fields.",
    .options = {.options = dedupe_table,
                .len = MST_ARRAY_SIZE(dedupe_table),
                .size = sizeof(struct dedupe_options)},
    .resource_optional = true,
    .builtin = true,
    .encodings = 1U << MST_ENCODING_BSON,
    .create = dedupe_create,
    .apply = dedupe_apply,
    .destroy = dedupe_destroy,
    .check = dedupe_check,
};

/* SPDX-License-Identifier: MIT */
/*
 * The contract of a middleware: a step between source and sinks that may
 * change, drop or multiply events.
 *
 * Threads: one instance per worker, used by that worker only; interrupt comes
 * from any thread.
 */
#ifndef MST_CORE_MIDDLEWARE_H
#define MST_CORE_MIDDLEWARE_H

#include "core/batch.h"
#include "core/option.h"
#include "core/script_store.h"

/* Where the results for one input event go. */
struct mst_emit {
    /* Takes one result for the event at hand, made by mst_event_derive; it is
     * copied. Its slices are in arena, in memory of the event at hand, or
     * static. Zero calls: dropped. Not MST_OK: apply returns that status, and
     * what it said before in err. */
    enum mst_status (*event)(struct mst_emit *self,
                             const struct mst_event *result,
                             struct mst_error *err);
    struct mst_arena *arena; /* lives as long as the event's batch */

    /* For apply_batch only, NULL elsewhere. Results from here on are of
     * events[index]: never one before the last that was said. */
    void (*of)(struct mst_emit *self, size_t index);
    /* Likewise: events[index] can never succeed as it is; its results do not
     * count. The others go on. */
    enum mst_status (*reject)(struct mst_emit *self, size_t index,
                              const struct mst_error *why,
                              struct mst_error *err);
};

/* What an instance is made from. Borrowed; outlives the instance. */
struct mst_middleware_args {
    const char *job;
    const char *service_name;
    const void *service; /* the provider's options struct */
    const void *options; /* this step's options struct */
    const char *resource;
    struct mst_script_store *scripts; /* NULL: none are kept */
};

struct mst_middleware_type {
    const char *name;
    const char *help;
    struct mst_option_table service_options;
    struct mst_option_table options; /* keys of `middlewares = [{...}]` */
    bool resource_optional;
    /* Needs no service: its own name stands in `service_name`. */
    bool builtin;
    /* Bits 1 << MST_ENCODING_*: what it takes, and gives. The engine converts
     * where what comes is another one. */
    unsigned encodings;

    /* No network. MST_FATAL with the key at fault. */
    enum mst_status (*create)(void **ret_ctx,
                              const struct mst_middleware_args *args,
                              struct mst_error *err);

    /* Before the first event, and after DISCONNECTED. Statuses as for a
     * source. Optional. */
    enum mst_status (*open)(void *ctx, struct mst_error *err);

    /* Optional. The events that apply gets next, in this order, some of them
     * perhaps not: what takes long may begin for all of them. They are the
     * same objects then, valid until ahead is called again or the next event
     * that was not among them is given. */
    void (*ahead)(void *ctx, const struct mst_event *const *events, size_t n);

    /* Emits what becomes of one event; payload.data == NULL where it has none.
     *   MST_OK            done
     *   MST_RETRY         the same event is given again after a while
     *   MST_DISCONNECTED  likewise, after close and open
     *   MST_REJECTED      the event can never succeed as it is
     *   MST_FATAL         the job stops
     * Unless OK, nothing counts that was emitted. */
    enum mst_status (*apply)(void *ctx, const struct mst_event *event,
                             struct mst_emit *emit, struct mst_error *err);

    /* Both or none; optional. Asked when a batch comes and nothing is at hand:
     * whether its events go to apply_batch, some hundred at a time, instead of
     * apply. */
    bool (*batches)(void *ctx);
    /* As apply, for n events in their order. Each result is said to be of one
     * of them; one that gets none and is not rejected is dropped. Which is
     * known once it returns:
     *   MST_REJECTED  something is wrong with one of them: each is given again
     *                 alone, and rejected if it fails alone */
    enum mst_status (*apply_batch)(void *ctx,
                                   const struct mst_event *const *events,
                                   size_t n, struct mst_emit *emit,
                                   struct mst_error *err);
    /* Optional. The resource is a script: number of its text that ran last,
     * for the dead letters of what it refused. */
    uint64_t (*script_hash)(const void *ctx);

    /* Thread: any. A call that takes long returns soon with MST_RETRY, and so
     * do all that follow. Optional. */
    void (*interrupt)(void *ctx);

    /* Optional. The last call but destroy, or before open. */
    void (*close)(void *ctx);
    void (*destroy)(void *ctx);

    /* Optional. What the option tables can not check: a script that does not
     * compile, an expression. For `validate`; as create otherwise. */
    enum mst_status (*check)(const struct mst_middleware_args *args,
                             struct mst_error *err);
};

#endif

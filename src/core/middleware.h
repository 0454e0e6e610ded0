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

/* Where the results for one input event go. */
struct mst_emit {
    /* Moves in one result for the event at hand: same slices law as events,
     * memory in arena. Zero calls: dropped. */
    enum mst_status (*event)(struct mst_emit *self,
                             const struct mst_event *result);
    struct mst_arena *arena;
};

struct mst_middleware_args {
    const char *job;
    const char *service_name;
    const void *service;
    const void *options;
    const char *resource;
};

struct mst_middleware_type {
    const char *name;
    const char *help;
    struct mst_option_table service_options;
    struct mst_option_table options;
    enum mst_status (*create)(void **ret_ctx,
                              const struct mst_middleware_args *args,
                              struct mst_error *err);
    enum mst_status (*open)(void *ctx, struct mst_error *err);
    /* Statuses as for a delivery: OK, RETRY, DISCONNECTED, REJECTED, FATAL. */
    enum mst_status (*apply)(void *ctx, const struct mst_event *event,
                             struct mst_emit *emit, struct mst_error *err);
    void (*interrupt)(void *ctx);
    void (*close)(void *ctx);
    void (*destroy)(void *ctx);
};

#endif

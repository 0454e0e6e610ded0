/* SPDX-License-Identifier: MIT */
/* The aggregate command that opens a change stream. */
#ifndef MST_SOURCES_MONGODB_AGGREGATE_H
#define MST_SOURCES_MONGODB_AGGREGATE_H

#include <bson/bson.h>

#include "base/error.h"
#include "core/event.h"
#include "sources/mongodb/options.h"
#include "sources/mongodb/position.h"

/* What to watch; checked and prepared once. Ownership: its own memory. */
struct mst_mongo_watch {
    const struct mst_mongo_source_options *options; /* borrowed */
    const char *resource;                           /* borrowed */
    const char *job;                                /* borrowed */
    bool database;     /* the whole database, not one collection */
    bool batched;      /* documents are looked up by the source, in batches */
    bool always_split; /* the user's pipeline asks for split events */
    bson_t *pipeline;  /* {"p": [stages]} without the split stage, or NULL */
};

/* How one stream differs from the usual. */
enum mst_mongo_mode {
    MST_MONGO_MODE_PLAIN = 0,
    MST_MONGO_MODE_SPLIT,  /* large events come in fragments */
    MST_MONGO_MODE_SINGLE, /* one event per reply, to find the large one */
    MST_MONGO_MODE_BARE    /* that one event, without what makes it large */
};

/* Checks the options against each other. MST_FATAL with the key at fault. */
MST_MUST_CHECK enum mst_status mst_mongo_watch_init(
    struct mst_mongo_watch *watch, const char *job, const char *resource,
    const struct mst_mongo_source_options *options, struct mst_error *err);
void mst_mongo_watch_clear(struct mst_mongo_watch *watch);

/* The command as a new document, the caller's to bson_destroy. */
MST_MUST_CHECK bson_t *
mst_mongo_aggregate(const struct mst_mongo_watch *watch,
                    const struct mst_mongo_position *position,
                    enum mst_mongo_mode mode);

/* Documents may be looked up by the source (not through mongos), and are. */
bool mst_mongo_watch_may_batch(const struct mst_mongo_source_options *options);

/* The option `operations` lets this one pass. */
bool mst_mongo_watch_wants(const struct mst_mongo_source_options *options,
                           enum mst_op op);

/* Whether a name means several collections: it has a * or a ?. */
bool mst_mongo_is_glob(const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* The option table of the MongoDB source. */
#include "sources/mongodb/options.h"

#include <stddef.h>

static const char *const payloads[] = {"document", "change", "debezium", NULL};
static const char *const full_documents[] = {"updateLookup", "whenAvailable",
                                             "required", "off", NULL};
static const char *const lookups[] = {"auto", "server", "batched", NULL};
static const char *const befores[] = {"off", "whenAvailable", "required", NULL};
static const char *const readers[] = {"change_stream", "oplog", "auto", NULL};
static const char *const snapshots[] = {"never", "initial", "always",
                                        "if_needed", NULL};
static const char *const on_losts[] = {"stop", "now", "snapshot", NULL};

#define AT(field) offsetof(struct mst_mongo_source_options, field)

const struct mst_option
    mst_mongo_source_option_list[MST_MONGO_SOURCE_OPTIONS_LEN] = {
        {.name = "collections",
         .type = MST_OPTION_STRING_LIST,
         .offset = AT(collections),
         .flags = MST_OPTION_ONE_OR_LIST,
         .help =
             "With resource = \"*\": only these collections of the database; "
             "* and ? stand for any characters."},
        {.name = "payload",
         .type = MST_OPTION_ENUM,
         .offset = AT(payload),
         .def = "document",
         .choices = payloads,
         .help = "document: the document after the change (delete: before it, "
                 "else its key); change: the whole change event; debezium: the "
                 "JSON envelope of Debezium's MongoDB connector."},
        {.name = "full_document",
         .type = MST_OPTION_ENUM,
         .offset = AT(full_document),
         .def = "updateLookup",
         .choices = full_documents,
         .help =
             "Where an update's document comes from: looked up now, or the "
             "one right after the change, which pre-images make available."},
        {.name = "lookup",
         .type = MST_OPTION_ENUM,
         .offset = AT(lookup),
         .def = "auto",
         .choices = lookups,
         .help = "Who looks documents up for full_document = "
                 "\"updateLookup\": the server, one by one; batched, many "
                 "with one command; or auto, batched where that can be "
                 "(without pipeline, not through mongos). The oplog reader "
                 "always does it batched."},
        {.name = "before",
         .type = MST_OPTION_ENUM,
         .offset = AT(before),
         .def = "off",
         .choices = befores,
         .help = "The document before the change; needs pre-images on the "
                 "collection."},
        {.name = "enable_pre_images",
         .type = MST_OPTION_BOOL,
         .offset = AT(enable_pre_images),
         .def = "false",
         .help =
             "Turn pre-images on for the named collections (collMod, once per "
             "start); makes a collection that does not exist."},
        {.name = "pipeline",
         .type = MST_OPTION_STRING,
         .offset = AT(pipeline),
         .help =
             "Further aggregation stages, as a JSON array in a string; run in "
             "the server, and may not change _id."},
        {.name = "operations",
         .type = MST_OPTION_STRING_LIST,
         .offset = AT(operations),
         .flags = MST_OPTION_ONE_OR_LIST,
         .help = "Only these, filtered in the server: create, update, replace, "
                 "delete. Default: all."},
        {.name = "start",
         .type = MST_OPTION_STRING,
         .offset = AT(start),
         .def = "now",
         .help = "Without a checkpoint: now, earliest, an RFC 3339 time, "
                 "timestamp:SECONDS,ORDINAL or resume_token:TOKEN."},
        {.name = "reader",
         .type = MST_OPTION_ENUM,
         .offset = AT(reader),
         .def = "change_stream",
         .choices = readers,
         .help = "How changes are read: by a change stream; from the oplog, "
                 "several "
                 "times faster and cheaper for the server; or auto, from the "
                 "oplog where that can be."},
        {.name = "oplog_untested_server",
         .type = MST_OPTION_BOOL,
         .offset = AT(oplog_untested_server),
         .def = "false",
         .help = "Read the oplog also of MongoDB 6.1 to 8.2, with which this "
                 "reader was not tried."},
        {.name = "oplog_share",
         .type = MST_OPTION_BOOL,
         .offset = AT(oplog_share),
         .def = "true",
         .help = "With the oplog: jobs of this program that use the same "
                 "connection string read it together, once they are at its "
                 "end; false: this job always reads by itself."},
        {.name = "snapshot",
         .type = MST_OPTION_ENUM,
         .offset = AT(snapshot),
         .def = "never",
         .choices = snapshots,
         .help =
             "Whether existing documents are read first; this build has never "
             "only."},
        {.name = "on_lost_position",
         .type = MST_OPTION_ENUM,
         .offset = AT(on_lost_position),
         .def = "stop",
         .choices = on_losts,
         .help =
             "When the server no longer has the position: stop and say what "
             "was lost, or go on from now."},
        {.name = "heartbeat_interval",
         .type = MST_OPTION_DURATION,
         .offset = AT(heartbeat_interval_ms),
         .def = "10s",
         .min = 100,
         .max = 3600000,
         .help = "How often the position of a quiet collection moves on."},
        {.name = "batch_size",
         .type = MST_OPTION_INT,
         .offset = AT(batch_size),
         .def = "1000",
         .min = 1,
         .max = 100000,
         .help = "Events per reply of the server, at most."},
        {.name = "max_await",
         .type = MST_OPTION_DURATION,
         .offset = AT(max_await_ms),
         .def = "500ms",
         .min = 1,
         .max = 10000,
         .help =
             "How long the server waits for a change before it answers with "
             "none."},
        {.name = "silence",
         .type = MST_OPTION_DURATION,
         .offset = AT(silence_ms),
         .def = "30s",
         .min = 1000,
         .max = 3600000,
         .help =
             "The oplog reader: after so long without an entry, not even a "
             "heartbeat, another member is read where that one's oplog goes "
             "on."},
        {.name = "ddl",
         .type = MST_OPTION_BOOL,
         .offset = AT(ddl),
         .def = "false",
         .help = "Events for drop, rename, create, index builds and the like, "
                 "with op = none."},
};

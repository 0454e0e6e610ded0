/* SPDX-License-Identifier: MIT */
/* The keys of `source = { ... }` for MongoDB change streams. */
#ifndef MST_SOURCES_MONGODB_OPTIONS_H
#define MST_SOURCES_MONGODB_OPTIONS_H

#include "core/option.h"

enum mst_mongo_payload {
    MST_MONGO_PAYLOAD_DOCUMENT = 0,
    MST_MONGO_PAYLOAD_CHANGE,
    MST_MONGO_PAYLOAD_DEBEZIUM
};

enum mst_mongo_full_document {
    MST_MONGO_FULL_LOOKUP = 0,
    MST_MONGO_FULL_WHEN_AVAILABLE,
    MST_MONGO_FULL_REQUIRED,
    MST_MONGO_FULL_OFF
};

enum mst_mongo_before {
    MST_MONGO_BEFORE_OFF = 0,
    MST_MONGO_BEFORE_WHEN_AVAILABLE,
    MST_MONGO_BEFORE_REQUIRED
};

enum mst_mongo_on_lost {
    MST_MONGO_LOST_STOP = 0,
    MST_MONGO_LOST_NOW,
    MST_MONGO_LOST_SNAPSHOT
};

enum mst_mongo_reader {
    MST_MONGO_READER_CHANGE_STREAM = 0,
    MST_MONGO_READER_OPLOG,
    MST_MONGO_READER_AUTO
};

enum mst_mongo_lookup_by {
    MST_MONGO_LOOKUP_AUTO = 0,
    MST_MONGO_LOOKUP_SERVER,
    MST_MONGO_LOOKUP_BATCHED
};

struct mst_mongo_source_options {
    struct mst_strings collections; /* names and globs */
    struct mst_strings operations;
    char *pipeline; /* JSON array, NULL: none */
    char *start;
    int payload;          /* enum mst_mongo_payload */
    int full_document;    /* enum mst_mongo_full_document */
    int lookup;           /* enum mst_mongo_lookup_by */
    int before;           /* enum mst_mongo_before */
    int reader;           /* enum mst_mongo_reader */
    int snapshot;         /* 0: never; others are refused */
    int on_lost_position; /* enum mst_mongo_on_lost */
    bool enable_pre_images;
    bool ddl;
    bool oplog_untested_server;
    bool oplog_share;
    int64_t heartbeat_interval_ms;
    int64_t batch_size;
    int64_t max_await_ms;
    int64_t silence_ms;
};

enum { MST_MONGO_SOURCE_OPTIONS_LEN = 19 };

extern const struct mst_option
    mst_mongo_source_option_list[MST_MONGO_SOURCE_OPTIONS_LEN];

#endif

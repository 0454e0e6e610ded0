/* SPDX-License-Identifier: MIT */
/* The keys of a step `sinks = [{...}]` that writes into MongoDB. */
#ifndef MST_SINKS_MONGODB_OPTIONS_H
#define MST_SINKS_MONGODB_OPTIONS_H

#include "core/option.h"

enum mst_mongosink_mode {
    MST_MONGOSINK_MODE_DEFAULT = 0, /* the service's write_mode, else apply */
    MST_MONGOSINK_APPLY,            /* by the event's operation */
    MST_MONGOSINK_INSERT,           /* the payload is a new document */
    MST_MONGOSINK_REPLACE,          /* the payload becomes the document */
    MST_MONGOSINK_UPDATE            /* the payload's fields are set */
};

enum mst_mongosink_key_type {
    MST_MONGOSINK_KEY_AUTO = 0,
    MST_MONGOSINK_KEY_STRING,
    MST_MONGOSINK_KEY_OBJECTID,
    MST_MONGOSINK_KEY_INT,
    MST_MONGOSINK_KEY_JSON
};

enum mst_mongosink_duplicate {
    MST_MONGOSINK_OK_IF_EQUAL = 0,
    MST_MONGOSINK_DUPLICATE_REJECT
};

enum mst_mongosink_guard {
    MST_MONGOSINK_GUARD_OFF = 0,
    MST_MONGOSINK_GUARD_POSITION
};

enum mst_mongosink_input {
    MST_MONGOSINK_INPUT_AUTO = 0, /* the attribute `payload` says it */
    MST_MONGOSINK_INPUT_DOCUMENT,
    MST_MONGOSINK_INPUT_CHANGE /* MongoDB change events */
};

struct mst_mongosink_bulk {
    int64_t ops;
    uint64_t bytes;
};

struct mst_mongosink_options {
    char *database; /* template; NULL: the service's db_name */
    int write_mode; /* enum mst_mongosink_mode */
    char *id;       /* document, key, field:NAME, hash, auto */
    int key_type;   /* enum mst_mongosink_key_type */
    int duplicate;  /* enum mst_mongosink_duplicate */
    int guard;      /* enum mst_mongosink_guard */
    char *write_concern;
    int64_t write_timeout_ms;
    struct mst_mongosink_bulk bulk;
    int64_t connections;
    int input; /* enum mst_mongosink_input */
};

enum { MST_MONGOSINK_OPTIONS_LEN = 11 };

extern const struct mst_option
    mst_mongosink_step_options[MST_MONGOSINK_OPTIONS_LEN];

/* For the type table. */
#define MST_MONGOSINK_STEP_TABLE                                               \
    {                                                                          \
        .options = mst_mongosink_step_options,                                 \
        .len = MST_MONGOSINK_OPTIONS_LEN,                                      \
        .size = sizeof(struct mst_mongosink_options),                          \
    }

#endif

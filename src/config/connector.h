/* SPDX-License-Identifier: MIT */
/* One `[[connectors]]` entry, typed. Ownership: as config/config.h says. */
#ifndef MST_CONFIG_CONNECTOR_H
#define MST_CONFIG_CONNECTOR_H

#include "config/toml.h"
#include "core/encoding.h"
#include "core/option.h"
#include "core/policy.h"

enum mst_config_role { MST_ROLE_SOURCE, MST_ROLE_MIDDLEWARE, MST_ROLE_SINK };

struct mst_config_step {
    enum mst_config_role role;
    size_t service;  /* index */
    char *resource;  /* "" where the provider needs none */
    char *schema_id; /* NULL: the last one before, if any */
    /* As written; NONE where not said. */
    enum mst_encoding input_encoding;
    enum mst_encoding output_encoding;
    /* What the step gets and what it gives, worked out. A source gets what it
     * reads; a sink gives what it writes. */
    enum mst_encoding from;
    enum mst_encoding to;
    /* Of a middleware: what comes; becomes `from`, which it takes. */
    enum mst_encoding given;
    struct mst_encoding_options conversion; /* from -> to */
    struct mst_schema_use schema_use;       /* framing: if it was written */
    bool has_framing;
    /* Index of the service that gives what is written its number: if it was
     * said, and once the encodings are worked out the one in force, or
     * MST_CONFIG_NO_SERVICE. */
    size_t registry;
    /* Likewise of the service that knows by number what wrote the data. */
    size_t writers;
    char *subject; /* NULL: by the resource */
    bool auto_register;
    /* Its plan can not be made before a job starts, from `schema` (NULL: what
     * the writer wrote): conversion.schema only stands for it. */
    bool late;
    const struct mst_config_schema *schema;
    /* The same for conversion.written. NULL: that is good as it is. */
    const struct mst_config_schema *written;
    enum mst_framing written_framing;
    const struct mst_option_table *table;
    void *options; /* as table says */
    const struct mst_toml_node *node;
    bool broken; /* while loading only */
};

struct mst_config_schema {
    char *id;
    size_t service;
    char *resource;
    enum mst_schema_kind kind; /* as written */
    uint32_t registry_id;
    struct mst_buf text; /* what the service has; empty until it is needed,
                          * and where the service is remote */
    const struct mst_toml_node *node;
};

enum mst_config_mode { MST_MODE_STREAM, MST_MODE_ONCE, MST_MODE_POLL };

enum mst_config_batch_kind { MST_BATCH_COUNT };

enum mst_config_compat { MST_COMPAT_NONE, MST_COMPAT_MSTREAM };

struct mst_config_batch {
    enum mst_config_batch_kind kind;
    bool framed; /* `batch` was written: sinks that can put it in one frame */
    int64_t size;
    uint64_t max_bytes;
    int64_t max_age_ms;
};

struct mst_config_checkpoint {
    bool enabled;
    int64_t interval_ms;
};

struct mst_config_dlq {
    struct mst_config_step *sink; /* NULL: the state store */
    uint64_t max_bytes;           /* 0: no limit */
    int64_t max_age_ms;           /* 0: for ever */
};

struct mst_config_connector {
    char *name;
    bool enabled;
    struct mst_config_step source;
    struct mst_config_step *middlewares;
    size_t middlewares_len;
    struct mst_config_schema *schemas;
    size_t schemas_len;
    struct mst_config_step *sinks;
    size_t sinks_len;
    struct mst_config_batch batch;
    struct mst_config_checkpoint checkpoint;
    enum mst_on_reject on_reject;
    struct mst_config_dlq dlq;
    struct mst_retry_policy retry;
    int64_t workers;
    uint64_t memory; /* bytes; 0: a share of limits.memory */
    enum mst_config_mode mode;
    int64_t poll_interval_ms;
    int64_t timeout_ms; /* 0: none */
    enum mst_config_compat compat;
    /* Of the definition as written: comments, white space, order of keys and
     * `enabled` do not count; neither do values of the environment. */
    uint64_t hash;
    const struct mst_toml_node *node; /* line, column, file */
    bool broken;                      /* while loading only */
    bool unclear; /* while loading only: its encodings are wrong */
};

#endif

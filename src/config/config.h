/* SPDX-License-Identifier: MIT */
/*
 * A configuration, checked and typed: what jobs, stores and the API are made
 * from. Texts have their references (${NAME}) resolved here; the tree behind
 * `node` keeps them as written, and only that is ever shown or stored.
 *
 * Ownership: everything belongs to the configuration. Thread: any, it never
 * changes after loading.
 */
#ifndef MST_CONFIG_CONFIG_H
#define MST_CONFIG_CONFIG_H

#include "base/arena.h"
#include "config/toml.h"
#include "core/encoding.h"
#include "core/option.h"
#include "core/policy.h"
#include "core/registry.h"
#include "log/log.h"

#define MST_CONFIG_DEFAULT_FILE "mstream-config.toml"
#define MST_CONFIG_NO_SERVICE   SIZE_MAX

struct mst_config_api {
    char *host;
    int64_t port;
    char *tls_cert;
    char *tls_key;
    char *client_ca;
    char *tokens_file;
    bool insecure;
    struct mst_strings env_allow;
    uint64_t max_body_bytes;
};

enum mst_config_log_format { MST_LOG_FORMAT_TEXT, MST_LOG_FORMAT_JSON };

struct mst_config_log {
    enum mst_log_level level;
    enum mst_config_log_format format;
};

/* A store of `[system]`, kept in a service. */
struct mst_config_store {
    char *service_name; /* NULL: not asked for */
    char *resource;
    size_t service; /* index, or MST_CONFIG_NO_SERVICE */
};

enum mst_startup_state {
    MST_STARTUP_SEED_FROM_FILE,
    MST_STARTUP_FORCE_FROM_FILE,
    MST_STARTUP_KEEP
};

struct mst_config_job_store {
    struct mst_config_store store;
    enum mst_startup_state startup_state;
};

struct mst_config_system_logs {
    int64_t buffer_capacity;
    int64_t stream_preload_count;
};

struct mst_config_system {
    char *encryption_key_path;
    bool generate_encryption_key; /* known to the published one, no effect */
    struct mst_config_job_store job_lifecycle;
    struct mst_config_store service_lifecycle;
    struct mst_config_store checkpoints;
    struct mst_config_store schemas;
    struct mst_config_store test_suites;
    struct mst_config_store workspaces;
    struct mst_config_system_logs logs;
};

struct mst_config_service {
    char *name;
    char *provider;
    /* At least one is set. */
    const struct mst_source_type *source;
    const struct mst_sink_type *sink;
    const struct mst_middleware_type *middleware;
    const struct mst_option_table *table;
    void *options; /* as table says */
    uint64_t hash; /* of the definition as written, see connector.hash */
    const struct mst_toml_node *node;
    bool broken; /* while loading only: problems were found in it */
};

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
    struct mst_encoding_options conversion; /* from -> to */
    const struct mst_option_table *table;
    void *options; /* as table says */
    const struct mst_toml_node *node;
    bool broken; /* while loading only */
};

struct mst_config_schema {
    char *id;
    size_t service;
    char *resource;
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

struct mst_config_retry {
    int64_t max_attempts;   /* 0: for ever */
    int64_t max_elapsed_ms; /* 0: for ever */
    int64_t base_ms;
    int64_t max_ms;
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
    struct mst_config_retry retry;
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
};

struct mst_config {
    struct mst_config_api api;
    char *state_path; /* ":memory:" keeps nothing */
    uint64_t memory;
    int64_t shutdown_timeout_ms;
    struct mst_config_log log;
    struct mst_config_system system;
    struct mst_config_service *services;
    size_t services_len;
    struct mst_config_connector *connectors;
    size_t connectors_len;
    /* The loader's own. */
    struct mst_arena arena;
    struct mst_toml_node *root;
};

void mst_config_destroy(struct mst_config *config);

/* NULL: none of that name. */
const struct mst_config_service *
mst_config_find_service(const struct mst_config *config, const char *name);
const struct mst_config_connector *
mst_config_find_connector(const struct mst_config *config, const char *name);

/* The definition as JSON, keys sorted, references kept, secrets as "****":
 * what may be shown. table is the service's; NULL for connectors masks by
 * the names of keys alone. */
MST_MUST_CHECK enum mst_status
mst_config_service_json(const struct mst_config_service *service,
                        struct mst_buf *out);
MST_MUST_CHECK enum mst_status
mst_config_connector_json(const struct mst_config_connector *connector,
                          struct mst_buf *out);
/* Likewise the whole file. */
MST_MUST_CHECK enum mst_status mst_config_json(const struct mst_config *config,
                                               struct mst_buf *out);

#endif

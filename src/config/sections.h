/* SPDX-License-Identifier: MIT */
/* The daemon's own sections of a configuration, typed. */
#ifndef MST_CONFIG_SECTIONS_H
#define MST_CONFIG_SECTIONS_H

#include "core/option.h"
#include "log/log.h"

#define MST_CONFIG_NO_SERVICE SIZE_MAX

struct mst_config_api {
    bool enabled;
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
    bool given; /* else file and API stand side by side */
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

#endif

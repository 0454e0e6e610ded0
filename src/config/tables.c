/* SPDX-License-Identifier: MIT */
/* The option tables of the daemon's own sections. */
#include "config/tables.h"

#define TABLE(list, type)                                                      \
    {                                                                          \
        .options = (list), .len = MST_ARRAY_SIZE(list), .size = sizeof(type)   \
    }

#define API(field) offsetof(struct mst_config_api, field)

static const struct mst_option api_options[] = {
    {.name = "enabled",
     .type = MST_OPTION_BOOL,
     .offset = API(enabled),
     .def = "true",
     .help = "Serve the REST API."},
    {.name = "host",
     .type = MST_OPTION_STRING,
     .offset = API(host),
     .def = "127.0.0.1",
     .help = "IP address that the REST API listens on. Others than "
             "loopback need TLS, and tokens or client certificates."},
    {.name = "port",
     .type = MST_OPTION_INT,
     .offset = API(port),
     .def = "8787",
     .min = 0,
     .max = 65535,
     .help = "Port of the REST API; 0 takes a free one."},
    {.name = "tls_cert",
     .type = MST_OPTION_STRING,
     .offset = API(tls_cert),
     .help = "PEM file with the certificate of the API."},
    {.name = "tls_key",
     .type = MST_OPTION_STRING,
     .offset = API(tls_key),
     .help = "PEM file with the key of the API's certificate."},
    {.name = "client_ca",
     .type = MST_OPTION_STRING,
     .offset = API(client_ca),
     .help = "PEM file of the authorities that client certificates are "
             "checked against."},
    {.name = "tokens_file",
     .type = MST_OPTION_STRING,
     .offset = API(tokens_file),
     .help = "File with the hashed tokens that may use the API."},
    {.name = "insecure",
     .type = MST_OPTION_BOOL,
     .offset = API(insecure),
     .def = "false",
     .help = "Serve other addresses than loopback without TLS or tokens."},
    {.name = "env_allow",
     .type = MST_OPTION_STRING_LIST,
     .offset = API(env_allow),
     .help = "Environment variables that definitions sent to the API may "
             "refer to."},
    {.name = "max_body_bytes",
     .type = MST_OPTION_SIZE,
     .offset = API(max_body_bytes),
     .def = "2MiB",
     .min = 1024,
     .max = 1024LL * 1024 * 1024,
     .help = "Largest body of a request."},
};

const struct mst_option_table mst_table_api =
    TABLE(api_options, struct mst_config_api);

#define STATE(field) offsetof(struct mst_config_state, field)

static const struct mst_option state_options[] = {
    {.name = "path",
     .type = MST_OPTION_STRING,
     .offset = STATE(path),
     .def = "./mstream-data",
     .help = "Directory of the embedded state store; \":memory:\" keeps "
             "nothing."},
    {.name = "lease",
     .type = MST_OPTION_DURATION,
     .offset = STATE(lease_ms),
     .def = "7s",
     .min = 1000,
     .max = 3600LL * 1000,
     .help = "How long a job's lease lasts when it is not renewed: after that "
             "time another process may run the job."},
};

const struct mst_option_table mst_table_state =
    TABLE(state_options, struct mst_config_state);

static const struct mst_option limits_options[] = {
    {.name = "memory",
     .type = MST_OPTION_SIZE,
     .def = "256MiB",
     .min = 1024LL * 1024,
     .max = INT64_MAX,
     .help = "Budget for all events in flight in all jobs."},
};

const struct mst_option_table mst_table_limits =
    TABLE(limits_options, uint64_t);

static const char *const log_levels[] = {"debug", "info", "warn",
                                         "error", "off",  NULL};
static const char *const log_formats[] = {"text", "json", NULL};

static const struct mst_option log_options[] = {
    {.name = "level",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mst_config_log, level),
     .def = "info",
     .choices = log_levels,
     .help = "Least important lines that are written."},
    {.name = "format",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mst_config_log, format),
     .def = "text",
     .choices = log_formats,
     .help = "Lines for people or JSON objects."},
};

const struct mst_option_table mst_table_log =
    TABLE(log_options, struct mst_config_log);

#define STORE(field) offsetof(struct mst_config_store, field)

#define STORE_OPTIONS(needed, without)                                         \
    {.name = "service_name",                                                   \
     .type = MST_OPTION_STRING,                                                \
     .offset = STORE(service_name),                                            \
     .flags = (needed),                                                        \
     .help = "A mongodb service of this file." without},                       \
    {                                                                          \
        .name = "resource", .type = MST_OPTION_STRING,                         \
        .offset = STORE(resource), .flags = (needed), .help = "Collection."    \
    }

#define STORE_EMBEDDED " Without one: the embedded store."

static const struct mst_option store_options[] = {
    STORE_OPTIONS(MST_OPTION_REQUIRED, "")};

static const struct mst_option_table table_store =
    TABLE(store_options, struct mst_config_store);

static const struct mst_option service_store_options[] = {
    STORE_OPTIONS(0, STORE_EMBEDDED)};

static const struct mst_option_table table_service_store =
    TABLE(service_store_options, struct mst_config_store);

static const char *const startup_states[] = {"seed_from_file",
                                             "force_from_file", "keep", NULL};

static const struct mst_option job_store_options[] = {
    STORE_OPTIONS(0, STORE_EMBEDDED),
    {.name = "startup_state",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mst_config_job_store, startup_state),
     .def = "seed_from_file",
     .choices = startup_states,
     .help = "Which jobs start: those of the file where the store is empty, "
             "those of the file always, or those of the store."},
};

static const struct mst_option_table table_job_store =
    TABLE(job_store_options, struct mst_config_job_store);

static const struct mst_option system_logs_options[] = {
    {.name = "buffer_capacity",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct mst_config_system_logs, buffer_capacity),
     .def = "10000",
     .min = 1,
     .max = 10000000,
     .help = "Log entries that are kept for the API."},
    {.name = "stream_preload_count",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct mst_config_system_logs, stream_preload_count),
     .def = "100",
     .min = 0,
     .max = 10000000,
     .help = "Log entries that a new reader of the stream gets first."},
};

static const struct mst_option_table table_system_logs =
    TABLE(system_logs_options, struct mst_config_system_logs);

#define SYSTEM(field) offsetof(struct mst_config_system, field)

#define SYSTEM_STORE(field, what)                                              \
    {                                                                          \
        .name = #field, .type = MST_OPTION_TABLE, .offset = SYSTEM(field),     \
        .table = &table_store, .help = (what)                                  \
    }

static const struct mst_option system_options[] = {
    {.name = "encryption_key_path",
     .type = MST_OPTION_STRING,
     .offset = SYSTEM(encryption_key_path),
     .def = "./mstream.key",
     .help = "File with the key that stored services are sealed with."},
    {.name = "generate_encryption_key",
     .type = MST_OPTION_BOOL,
     .offset = SYSTEM(generate_encryption_key),
     .flags = MST_OPTION_HIDDEN,
     .help = "Accepted without effect."},
    {.name = "job_lifecycle",
     .type = MST_OPTION_TABLE,
     .offset = SYSTEM(job_lifecycle),
     .table = &table_job_store,
     .help = "Keep jobs in the state, not in the file, and where."},
    {.name = "service_lifecycle",
     .type = MST_OPTION_TABLE,
     .offset = SYSTEM(service_lifecycle),
     .table = &table_service_store,
     .help = "Where services are kept that the API makes."},
    SYSTEM_STORE(checkpoints, "Keep checkpoints in MongoDB instead of the "
                              "embedded store."),
    SYSTEM_STORE(schemas,
                 "Keep schemas in MongoDB instead of the embedded store."),
    SYSTEM_STORE(test_suites,
                 "Keep tests of scripts in MongoDB instead of the embedded "
                 "store."),
    SYSTEM_STORE(workspaces,
                 "Keep workspaces in MongoDB instead of the embedded store."),
    {.name = "logs",
     .type = MST_OPTION_TABLE,
     .offset = SYSTEM(logs),
     .table = &table_system_logs,
     .help = "The log that the API shows."},
};

const struct mst_option_table mst_table_system =
    TABLE(system_options, struct mst_config_system);

#define ROOT(field) offsetof(struct mst_config, field)

static const struct mst_option root_options[] = {
    {.name = "shutdown_timeout",
     .type = MST_OPTION_DURATION,
     .offset = ROOT(shutdown_timeout_ms),
     .def = "30s",
     .min = 0,
     .max = 24LL * 3600 * 1000,
     .help = "How long a stop waits for events in flight."},
    {.name = "stuck_after",
     .type = MST_OPTION_DURATION,
     .offset = ROOT(stuck_after_ms),
     .def = "60s",
     .min = 1000,
     .max = 24LL * 3600 * 1000,
     .help = "A job that has something to do and for so long confirms nothing, "
             "or saves no checkpoint of what it confirmed, is not healthy."},
    {.name = "api",
     .type = MST_OPTION_TABLE,
     .offset = ROOT(api),
     .table = &mst_table_api,
     .help = "The REST API of the daemon: where it listens, and to whom."},
    {.name = "state",
     .type = MST_OPTION_TABLE,
     .offset = ROOT(state),
     .table = &mst_table_state,
     .help = "Where the daemon remembers."},
    {.name = "limits",
     .type = MST_OPTION_TABLE,
     .offset = ROOT(memory),
     .table = &mst_table_limits,
     .help = "Limits of the whole process."},
    {.name = "log",
     .type = MST_OPTION_TABLE,
     .offset = ROOT(log),
     .table = &mst_table_log,
     .help = "Log lines on standard error."},
    {.name = "system",
     .type = MST_OPTION_TABLE,
     .offset = ROOT(system),
     .table = &mst_table_system,
     .help = "Stores in MongoDB."},
};

/* Clearing it zeroes these members only, see config_destroy. */
const struct mst_option_table mst_table_root = {
    .options = root_options,
    .len = MST_ARRAY_SIZE(root_options),
    .size = offsetof(struct mst_config, services),
};

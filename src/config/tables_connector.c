/* SPDX-License-Identifier: MIT */
/* The option tables of services, connectors and their steps. */
#include "config/tables.h"

#define TABLE(list, type)                                                      \
    {                                                                          \
        .options = (list), .len = MST_ARRAY_SIZE(list), .size = sizeof(type)   \
    }

enum { TABLE_DAY_MS = 24 * 3600 * 1000 };

#define SERVICE(field) offsetof(struct mst_service_keys, field)

static const struct mst_option service_options[] = {
    {.name = "provider",
     .type = MST_OPTION_STRING,
     .offset = SERVICE(provider),
     .flags = MST_OPTION_REQUIRED,
     .help = "Kind of the service: its other keys depend on it."},
    {.name = "name",
     .type = MST_OPTION_STRING,
     .offset = SERVICE(name),
     .flags = MST_OPTION_REQUIRED,
     .help = "What connectors call it; unique."},
};

const struct mst_option_table mst_table_service =
    TABLE(service_options, struct mst_service_keys);

static const char *const encodings[] = {"raw", "bson", "json", "avro", NULL};
static const char *const json_modes[] = {"relaxed", "canonical", "plain", NULL};
static const char *const framings[] = {"bare", "single_object", "confluent",
                                       NULL};
static const char *const unknown_fields[] = {"drop", "reject", NULL};
static const char *const big_numbers[] = {"reject", "decimal", "double", NULL};

#define STEP(field) offsetof(struct mst_step_keys, field)

static const struct mst_option step_options[] = {
    {.name = "service_name",
     .type = MST_OPTION_STRING,
     .offset = STEP(service_name),
     .flags = MST_OPTION_REQUIRED,
     .help = "Name of a [[services]] entry."},
    {.name = "resource",
     .type = MST_OPTION_STRING,
     .offset = STEP(resource),
     .help = "What of the service: a collection, a topic, a file. Required "
             "unless the provider says otherwise."},
    {.name = "schema_id",
     .type = MST_OPTION_STRING,
     .offset = STEP(schema_id),
     .help = "Id of an entry of schemas."},
    {.name = "input_encoding",
     .type = MST_OPTION_ENUM,
     .offset = STEP(input_encoding),
     .choices = encodings,
     .help = "Encoding of what a source reads, where the source can not tell "
             "itself."},
    {.name = "output_encoding",
     .type = MST_OPTION_ENUM,
     .offset = STEP(output_encoding),
     .choices = encodings,
     .help = "Encoding after this step; default: the one before it."},
    {.name = "json_mode",
     .type = MST_OPTION_ENUM,
     .offset = STEP(json_mode),
     .choices = json_modes,
     .help = "How values that JSON does not have are written: Extended JSON "
             "relaxed (the default) or canonical, or plain (lossy; the "
             "default with compat = \"mstream\")."},
    {.name = "big_numbers",
     .type = MST_OPTION_ENUM,
     .offset = STEP(big_numbers),
     .def = "reject",
     .choices = big_numbers,
     .help = "JSON integers outside 64 bit: a rejected event, a Decimal128 "
             "or a double."},
    {.name = "extended",
     .type = MST_OPTION_BOOL,
     .offset = STEP(extended),
     .def = "true",
     .help = "Recognise Extended JSON such as {\"$oid\": ...}."},
    {.name = "framing",
     .type = MST_OPTION_ENUM,
     .offset = STEP(framing),
     .choices = framings,
     .help = "What stands in front of Avro data; default: as the step before "
             "has it, else bare."},
    {.name = "unknown_fields",
     .type = MST_OPTION_ENUM,
     .offset = STEP(unknown_fields),
     .def = "drop",
     .choices = unknown_fields,
     .help = "Fields that the schema does not have: left out (by a JSON "
             "Schema only with project), or a rejected event."},
    {.name = "lossy_numbers",
     .type = MST_OPTION_BOOL,
     .offset = STEP(lossy_numbers),
     .def = "false",
     .help = "Numbers may be rounded to fit the Avro schema."},
    {.name = "schema_registry",
     .type = MST_OPTION_STRING,
     .offset = STEP(schema_registry),
     .help = "Name of a schema_registry service that knows the numbers of "
             "framing = \"confluent\", which it implies: what is read is read "
             "by its writer's schema, what is written gets the number of its "
             "schema. Default: as the step before has it, else the service of "
             "the schema."},
    {.name = "subject",
     .type = MST_OPTION_STRING,
     .offset = STEP(subject),
     .help = "Subject of what a sink writes in schema_registry; default: its "
             "resource with -value behind."},
    {.name = "auto_register",
     .type = MST_OPTION_BOOL,
     .offset = STEP(auto_register),
     .def = "false",
     .help = "Register the schema of a sink under its subject when the job "
             "starts, where it is compatible; otherwise it has to be there."},
    {.name = "project",
     .type = MST_OPTION_BOOL,
     .offset = STEP(project),
     .def = "false",
     .help = "Only the properties that the JSON Schema declares go on, in its "
             "order."},
    {.name = "check_formats",
     .type = MST_OPTION_BOOL,
     .offset = STEP(check_formats),
     .def = "false",
     .help = "What is not of its `format` in the JSON Schema is rejected."},
};

const struct mst_option_table mst_table_step =
    TABLE(step_options, struct mst_step_keys);

#define SCHEMA(field) offsetof(struct mst_schema_keys, field)

static const char *const schema_encodings[] = {"avro", "json", NULL};

static const struct mst_option schema_options[] = {
    {.name = "id",
     .type = MST_OPTION_STRING,
     .offset = SCHEMA(id),
     .flags = MST_OPTION_REQUIRED,
     .help = "What schema_id refers to; unique in the connector."},
    {.name = "service_name",
     .type = MST_OPTION_STRING,
     .offset = SCHEMA(service_name),
     .help = "Name of a [[services]] entry; default: the store that "
             "`mstream schema` works on."},
    {.name = "resource",
     .type = MST_OPTION_STRING,
     .offset = SCHEMA(resource),
     .flags = MST_OPTION_REQUIRED,
     .help = "Id or name of the schema in that service."},
    {.name = "version",
     .type = MST_OPTION_INT,
     .offset = SCHEMA(version),
     .def = "0",
     .min = 0,
     .max = UINT32_MAX,
     .zero = "latest",
     .help = "Version of the subject, as in `resource = \"SUBJECT:3\"`; 0 or "
             "`latest`: the latest when the job starts."},
    {.name = "encoding",
     .type = MST_OPTION_ENUM,
     .offset = SCHEMA(encoding),
     .choices = schema_encodings,
     .help = "What the schema is: Avro or JSON Schema; default: what its text "
             "can only be."},
    {.name = "registry_id",
     .type = MST_OPTION_INT,
     .offset = SCHEMA(registry_id),
     .def = "0",
     .min = 0,
     .max = UINT32_MAX,
     .help = "Number of the schema in a registry, for framing = "
             "\"confluent\"."},
};

const struct mst_option_table mst_table_schema =
    TABLE(schema_options, struct mst_schema_keys);

static const char *const batch_kinds[] = {"count", NULL};

static const struct mst_option batch_options[] = {
    {.name = "kind",
     .type = MST_OPTION_ENUM,
     .offset = offsetof(struct mst_config_batch, kind),
     .def = "count",
     .choices = batch_kinds,
     .help = "The only kind there is."},
    {.name = "size",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct mst_config_batch, size),
     .def = "1000",
     .min = 1,
     .max = 1000000,
     .help = "Most events that travel together."},
    {.name = "max_bytes",
     .type = MST_OPTION_SIZE,
     .offset = offsetof(struct mst_config_batch, max_bytes),
     .def = "1MiB",
     .min = 1024,
     .max = 1024LL * 1024 * 1024,
     .help = "A batch is full at this many bytes, after one event at least."},
    {.name = "max_age",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct mst_config_batch, max_age_ms),
     .def = "0ms",
     .min = 0,
     .max = 3600LL * 1000,
     .help = "How long a source may wait to fill a batch further; 0 sends on "
             "what is there."},
};

static const struct mst_option_table table_batch =
    TABLE(batch_options, struct mst_config_batch);

static const struct mst_option checkpoint_options[] = {
    {.name = "enabled",
     .type = MST_OPTION_BOOL,
     .offset = offsetof(struct mst_config_checkpoint, enabled),
     .def = "true",
     .help = "Save the position, and go on from there after a restart."},
    {.name = "interval",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct mst_config_checkpoint, interval_ms),
     .def = "1s",
     .min = 0,
     .max = TABLE_DAY_MS,
     .help = "How often."},
};

static const struct mst_option_table table_checkpoint =
    TABLE(checkpoint_options, struct mst_config_checkpoint);

static const struct mst_option retry_options[] = {
    {.name = "max_attempts",
     .type = MST_OPTION_INT,
     .offset = offsetof(struct mst_retry_policy, max_attempts),
     .def = "0",
     .min = 0,
     .max = INT32_MAX,
     .help = "Attempts before an event counts as rejected; 0: for ever."},
    {.name = "max_elapsed",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct mst_retry_policy, max_elapsed_ms),
     .def = "0s",
     .min = 0,
     .max = 365LL * TABLE_DAY_MS,
     .help = "Time before an event counts as rejected; 0: for ever."},
    {.name = "base",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct mst_retry_policy, base_ms),
     .def = "100ms",
     .min = 1,
     .max = TABLE_DAY_MS,
     .help = "Longest wait before the second attempt; it doubles from there."},
    {.name = "max",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct mst_retry_policy, max_ms),
     .def = "30s",
     .min = 1,
     .max = TABLE_DAY_MS,
     .help = "Longest wait between attempts."},
};

static const struct mst_option_table table_retry =
    TABLE(retry_options, struct mst_retry_policy);

static const struct mst_option dlq_options[] = {
    {.name = "max_bytes",
     .type = MST_OPTION_SIZE,
     .offset = offsetof(struct mst_config_dlq, max_bytes),
     .def = "1GiB",
     .min = 0,
     .max = INT64_MAX,
     .help = "Room for the dead letters of this connector; when it is used up "
             "the job stops. 0: no limit."},
    {.name = "max_age",
     .type = MST_OPTION_DURATION,
     .offset = offsetof(struct mst_config_dlq, max_age_ms),
     .def = "0s",
     .min = 0,
     .max = 36500LL * TABLE_DAY_MS,
     .help = "Older dead letters are removed, and counted; 0: never."},
};

const struct mst_option_table mst_table_dlq =
    TABLE(dlq_options, struct mst_config_dlq);

static const char *const on_rejects[] = {"dlq", "skip", "stop", NULL};
static const char *const modes[] = {"stream", "once", "poll", NULL};
static const char *const compats[] = {"", "mstream", NULL};

#define CONNECTOR(field) offsetof(struct mst_config_connector, field)

static const struct mst_option connector_options[] = {
    {.name = "name",
     .type = MST_OPTION_STRING,
     .offset = CONNECTOR(name),
     .flags = MST_OPTION_REQUIRED,
     .help = "Name of the job; unique. Checkpoints are kept under it."},
    {.name = "enabled",
     .type = MST_OPTION_BOOL,
     .offset = CONNECTOR(enabled),
     .def = "true",
     .help = "false: checked, but not started."},
    {.name = "batch",
     .type = MST_OPTION_TABLE,
     .offset = CONNECTOR(batch),
     .table = &table_batch,
     .help = "How many events travel together."},
    {.name = "checkpoint",
     .type = MST_OPTION_TABLE,
     .offset = CONNECTOR(checkpoint),
     .table = &table_checkpoint,
     .help = "Saving the position."},
    {.name = "on_reject",
     .type = MST_OPTION_ENUM,
     .offset = CONNECTOR(on_reject),
     .def = "dlq",
     .choices = on_rejects,
     .help = "What happens to an event that can never succeed: kept as a dead "
             "letter, skipped (counted and logged), or the job stops."},
    {.name = "retry",
     .type = MST_OPTION_TABLE,
     .offset = CONNECTOR(retry),
     .table = &table_retry,
     .help = "Attempts at what may succeed later."},
    {.name = "workers",
     .type = MST_OPTION_INT,
     .offset = CONNECTOR(workers),
     .def = "1",
     .min = 1,
     .max = 256,
     .help = "Threads for middlewares and conversions; events of one key stay "
             "in order."},
    {.name = "memory",
     .type = MST_OPTION_SIZE,
     .offset = CONNECTOR(memory),
     .def = "0",
     .min = 0,
     .max = INT64_MAX,
     .help = "Budget of this connector; 0: a share of limits.memory."},
    {.name = "mode",
     .type = MST_OPTION_ENUM,
     .offset = CONNECTOR(mode),
     .def = "stream",
     .choices = modes,
     .help = "For ever; what exists now, then completed; or that again every "
             "poll_interval."},
    {.name = "poll_interval",
     .type = MST_OPTION_DURATION,
     .offset = CONNECTOR(poll_interval_ms),
     .def = "1m",
     .min = 100,
     .max = 365LL * TABLE_DAY_MS,
     .help = "Time between the starts of two runs in mode poll."},
    {.name = "timeout",
     .type = MST_OPTION_DURATION,
     .offset = CONNECTOR(timeout_ms),
     .def = "0s",
     .min = 0,
     .max = 365LL * TABLE_DAY_MS,
     .help = "Longest run in modes once and poll; 0: no limit."},
    {.name = "compat",
     .type = MST_OPTION_ENUM,
     .offset = CONNECTOR(compat),
     .def = "",
     .choices = compats,
     .help = "\"mstream\": write JSON as the published mstream does."},
};

const struct mst_option_table mst_table_connector =
    TABLE(connector_options, struct mst_config_connector);

/* SPDX-License-Identifier: MIT */
/* The only file that names concrete connectors. */
#include "builtins.h"

#include "clients/schema_registry.h"
#include "encodings/contrast.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "sinks/file/file_sink.h"
#include "sinks/http/http_sink.h"
#include "sinks/kafka/kafka_sink.h"
#include "sinks/mongodb/mongodb_sink.h"
#include "sinks/terminal/terminal.h"
#include "sources/file/file_source.h"
#include "sources/generate/generate.h"
#include "sources/kafka/kafka_source.h"
#include "sources/mongodb/source.h"
#include "state/schema_files.h"
#include "state/stored_schemas.h"
#include "udf/builtins.h"
#include "udf/http/http_middleware.h"
#include "udf/lua_middleware.h"

static const struct mst_source_type *const builtin_sources[] = {
    &mst_file_source,
    &mst_generate_source,
    &mst_kafka_source,
    &mst_mongodb_source,
    NULL,
};

static const struct mst_sink_type *const builtin_sinks[] = {
    &mst_file_sink,    &mst_http_sink,     &mst_kafka_sink,
    &mst_mongodb_sink, &mst_terminal_sink, NULL,
};

static const struct mst_middleware_type *const builtin_middlewares[] = {
    &mst_dedupe_middleware,
    &mst_filter_middleware,
    &mst_flatten_middleware,
    &mst_http_middleware,
    &mst_lua_middleware,
    &mst_mask_middleware,
    &mst_project_middleware,
    &mst_rename_middleware,
    &mst_route_middleware,
    &mst_set_middleware,
    NULL,
};

static const struct mst_schema_store_type *const builtin_schema_stores[] = {
    &mst_schema_files,
    &mst_schema_registry,
    &mst_stored_schemas,
    &mst_mongodb_schemas,
    NULL,
};

const struct mst_registry mst_builtins = {
    .sources = builtin_sources,
    .sinks = builtin_sinks,
    .middlewares = builtin_middlewares,
    .transcoder = mst_transcode_find,
    .schema_stores = builtin_schema_stores,
    .schema_compile = mst_schema_plan_compile,
    .schema_destroy = mst_schema_plan_destroy,
    .contrast = mst_contrast_events,
    .describe = mst_contrast_event,
};

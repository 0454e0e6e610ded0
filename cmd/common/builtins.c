/* SPDX-License-Identifier: MIT */
/* The only file that names concrete connectors. */
#include "builtins.h"

#include "encodings/bson_json.h"
#include "sinks/mongodb/mongodb_sink.h"
#include "sinks/terminal/terminal.h"
#include "sources/generate/generate.h"

static const struct mst_source_type *const builtin_sources[] = {
    &mst_generate_source,
    NULL,
};

static const struct mst_sink_type *const builtin_sinks[] = {
    &mst_mongodb_sink,
    &mst_terminal_sink,
    NULL,
};

static const struct mst_middleware_type *const builtin_middlewares[] = {
    NULL,
};

static enum mst_status
builtin_bson_to_json(const struct mst_transcoder *self, struct mst_slice in,
                     struct mst_buf *out, struct mst_error *err)
{
    return mst_bson_to_json(in, self->options.json_mode, out, err);
}

static enum mst_status
builtin_transcoder(enum mst_encoding from, enum mst_encoding to,
                   const struct mst_encoding_options *options,
                   struct mst_transcoder *ret_transcoder, struct mst_error *err)
{
    *ret_transcoder =
        (struct mst_transcoder){.from = from, .to = to, .options = *options};
    if (from == to) {
        return MST_OK;
    }
    if (from == MST_ENCODING_BSON && to == MST_ENCODING_JSON) {
        ret_transcoder->run = builtin_bson_to_json;
        return MST_OK;
    }
    return mst_fail(err, MST_FATAL, "encoding", 0,
                    "can not convert %s to %s without a schema",
                    mst_encoding_name(from), mst_encoding_name(to));
}

const struct mst_registry mst_builtins = {
    .sources = builtin_sources,
    .sinks = builtin_sinks,
    .middlewares = builtin_middlewares,
    .transcoder = builtin_transcoder,
};

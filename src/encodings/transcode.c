/* SPDX-License-Identifier: MIT */
/* The table of conversions without a schema. */
#include "encodings/transcode.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"

static enum mst_status
transcode_bson_json(const struct mst_transcoder *self, struct mst_slice in,
                    struct mst_buf *out, struct mst_error *err)
{
    return mst_bson_to_json(in, self->options.json_mode, out, err);
}

static enum mst_status
transcode_json_bson(const struct mst_transcoder *self, struct mst_slice in,
                    struct mst_buf *out, struct mst_error *err)
{
    const struct mst_json_read_options options = {
        .no_extended = self->options.no_extended,
        .big_numbers = self->options.big_numbers};
    return mst_json_to_bson(in, &options, out, err);
}

static const struct {
    enum mst_encoding from;
    enum mst_encoding to;
    mst_transcoder_run run;
} cells[] = {
    {MST_ENCODING_BSON, MST_ENCODING_JSON, transcode_bson_json},
    {MST_ENCODING_JSON, MST_ENCODING_BSON, transcode_json_bson},
};

enum mst_status
mst_transcode_find(enum mst_encoding from, enum mst_encoding to,
                   const struct mst_encoding_options *options,
                   struct mst_transcoder *ret_transcoder, struct mst_error *err)
{
    struct mst_transcoder transcoder = {.from = from, .to = to};
    if (options != NULL) {
        transcoder.options = *options;
    }
    if (transcoder.options.schema != NULL) {
        enum mst_status status =
            mst_schema_plan_find(&transcoder, &transcoder.run, err);
        if (status == MST_OK) {
            const struct mst_avro_plan *plan =
                mst_schema_plan_avro(transcoder.options.schema);
            transcoder.may_wait = from == MST_ENCODING_AVRO && plan != NULL
                                  && mst_avro_plan_asks(plan);
            *ret_transcoder = transcoder;
        }
        return status;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(cells); i++) {
        if (cells[i].from == from && cells[i].to == to) {
            transcoder.run = cells[i].run;
        }
    }
    if (from != to && transcoder.run == NULL) {
        return mst_fail(err, MST_FATAL, "encoding", 0,
                        "there is no conversion from %s to %s without a "
                        "schema",
                        mst_encoding_name(from), mst_encoding_name(to));
    }
    *ret_transcoder = transcoder;
    return MST_OK;
}

bool
mst_transcode_supported(enum mst_encoding from, enum mst_encoding to)
{
    struct mst_transcoder transcoder;
    return mst_transcode_find(from, to, NULL, &transcoder, NULL) == MST_OK;
}

enum mst_status
mst_transcode(enum mst_encoding from, enum mst_encoding to,
              const struct mst_encoding_options *options, struct mst_slice in,
              struct mst_buf *out, struct mst_error *err)
{
    struct mst_transcoder transcoder = {.run = NULL};
    enum mst_status status =
        mst_transcode_find(from, to, options, &transcoder, err);
    if (status != MST_OK || transcoder.run != NULL) {
        return status == MST_OK ? transcoder.run(&transcoder, in, out, err)
                                : status;
    }
    status = mst_buf_append(out, in.data, in.len);
    if (status == MST_FATAL) {
        return mst_fail_memory(err, "encoding");
    }
    return status == MST_OK
               ? status
               : mst_fail(err, status, "encoding", 0,
                          "the payload of %zu bytes is larger than it may be",
                          in.len);
}

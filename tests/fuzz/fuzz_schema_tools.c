/* SPDX-License-Identifier: MIT */
/* Any bytes as a JSON Schema: what it becomes is an Avro schema, which becomes
 * a JSON Schema that is the same Avro schema; documents are made up by it. */
#include "encodings/avro/parse.h"
#include "encodings/schema_tools/fill.h"
#include "encodings/schema_tools/from_avro.h"
#include "encodings/schema_tools/infer.h"
#include "encodings/schema_tools/to_avro.h"
#include "fuzz_must.h"
#include "schema/avro_canonical.h"

static const struct mst_to_avro_options options = {.precision = 34, .scale = 4};

/* The schema's text as what the other kind makes of it, and back. */
static void
there_and_back(struct mst_slice avro)
{
    struct mst_avro_schema *schema = NULL;
    struct mst_buf json;
    struct mst_buf again;
    struct mst_error err;
    mst_buf_init(&json, FUZZ_MAX);
    mst_buf_init(&again, FUZZ_MAX);
    fuzz_must(mst_avro_schema_parse(avro, &schema, &err) == MST_OK);
    if (mst_avro_to_json_schema(schema, &json, &err) == MST_OK) {
        /* Deep ones may be too deep in the other kind. */
        enum mst_status status = mst_json_schema_to_avro(
            mst_buf_slice(&json), &options, &again, &err);
        fuzz_must(status == MST_OK || err.text[0] != '\0');
    }
    mst_avro_schema_destroy(schema);
    mst_buf_clear(&json);
    mst_buf_clear(&again);
}

static void
made_up(struct mst_slice schema)
{
    struct mst_fill *fill = NULL;
    struct mst_buf out;
    struct mst_error err;
    if (mst_fill_create(schema, NULL, &fill, &err) != MST_OK) {
        return;
    }
    mst_error_clear(&err);
    mst_buf_init(&out, FUZZ_MAX);
    enum mst_status status = mst_fill_next(fill, &out, &err);
    fuzz_must(status == MST_OK || (out.len == 0 && err.text[0] != '\0'));
    mst_fill_destroy(fill);
    mst_buf_clear(&out);
}

/* Any bytes that are a document fit what is inferred of them. */
static void
looked_at(struct mst_slice bson)
{
    struct mst_infer *infer = NULL;
    struct mst_buf json;
    struct mst_buf avro;
    struct mst_error err;
    mst_buf_init(&json, FUZZ_MAX);
    mst_buf_init(&avro, FUZZ_MAX);
    fuzz_must(mst_infer_create(NULL, &infer, &err) == MST_OK);
    if (mst_infer_add(infer, bson, &err) == MST_OK
        && mst_infer_finish(infer, &json, &err) == MST_OK) {
        enum mst_status status = mst_json_schema_to_avro(mst_buf_slice(&json),
                                                         &options, &avro, &err);
        fuzz_must(status == MST_OK || err.text[0] != '\0');
    }
    mst_infer_destroy(infer);
    mst_buf_clear(&json);
    mst_buf_clear(&avro);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_buf avro;
    struct mst_error err;
    struct mst_slice input = mst_slice_of(data, size);
    mst_error_clear(&err);
    mst_buf_init(&avro, FUZZ_MAX);
    if (mst_json_schema_to_avro(input, &options, &avro, &err) == MST_OK) {
        there_and_back(mst_buf_slice(&avro));
        made_up(input);
    } else {
        fuzz_must(avro.len == 0 && err.text[0] != '\0');
    }
    looked_at(input);
    mst_buf_clear(&avro);
    return 0;
}

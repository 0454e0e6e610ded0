/* SPDX-License-Identifier: MIT */
/* Any bytes as BSON, and as JSON, for a schema that has every type: what is
 * taken reads back, and is taken again as the same datum. */
#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"
#include "encodings/bson_reader.h"
#include "fuzz_avro_schema_of.h"
#include "fuzz_must.h"

/* The datum reads back; projected, the document is good BSON. */
static void
fuzz_check(struct mst_avro_encoder *encoder, struct mst_avro_decoder *decoder,
           struct mst_slice avro, struct mst_slice bson)
{
    struct mst_buf back;
    struct mst_buf again;
    struct mst_error err;
    mst_buf_init(&back, FUZZ_MAX);
    mst_buf_init(&again, FUZZ_MAX);
    fuzz_must(mst_avro_to_bson(decoder, avro, &back, &err) == MST_OK);
    fuzz_must(mst_bson_check(mst_buf_slice(&back), &err) == MST_OK);
    fuzz_must(mst_avro_from_bson(encoder, mst_buf_slice(&back), &again, &err)
              == MST_OK);
    fuzz_must(mst_slice_equal(mst_buf_slice(&again), avro));
    mst_buf_reset(&back);
    if (bson.data != NULL) {
        fuzz_must(mst_avro_project(encoder, decoder, bson, &back, &err)
                  == MST_OK);
    }
    mst_buf_clear(&back);
    mst_buf_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mst_avro_schema *schema;
    static struct mst_avro_encoder *encoder;
    static struct mst_avro_decoder *decoder;
    struct mst_slice in = mst_slice_of(data, size);
    struct mst_error err;
    if (schema == NULL) {
        fuzz_must(
            mst_avro_schema_parse(mst_slice_str(fuzz_schema), &schema, &err)
                == MST_OK
            && mst_avro_encoder_create(schema, NULL, &encoder, &err) == MST_OK
            && mst_avro_decoder_create(schema, NULL, NULL, &decoder, &err)
                   == MST_OK);
    }
    for (int i = 0; i < 2; i++) {
        struct mst_buf out;
        mst_buf_init(&out, FUZZ_MAX);
        mst_error_clear(&err);
        enum mst_status status =
            i == 0 ? mst_avro_from_bson(encoder, in, &out, &err)
                   : mst_avro_from_json(encoder, NULL, in, &out, &err);
        if (status == MST_OK) {
            fuzz_check(encoder, decoder, mst_buf_slice(&out),
                       i == 0 ? in : MST_SLICE_NONE);
        } else {
            fuzz_must(out.len == 0 && err.text[0] != '\0');
        }
        mst_buf_clear(&out);
    }
    return 0;
}

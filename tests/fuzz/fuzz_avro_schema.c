/* SPDX-License-Identifier: MIT */
/* Any bytes as an Avro schema: what is read has a canonical form that is one
 * too, and plans can be made of it. */
#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"
#include "fuzz_must.h"
#include "schema/avro_canonical.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_avro_schema *schema = NULL;
    struct mst_avro_schema *again = NULL;
    struct mst_avro_encoder *encoder = NULL;
    struct mst_avro_decoder *decoder = NULL;
    struct mst_buf canonical;
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status =
        mst_avro_schema_parse(mst_slice_of(data, size), &schema, &err);
    if (status != MST_OK) {
        fuzz_must(err.offset >= 0 && (size_t)err.offset <= size
                  && err.text[0] != '\0');
        return 0;
    }
    mst_buf_init(&canonical, FUZZ_MAX);
    fuzz_must(mst_avro_canonical(schema, &canonical) == MST_OK);
    fuzz_must(mst_avro_schema_parse(mst_buf_slice(&canonical), &again, &err)
              == MST_OK);
    fuzz_must(mst_avro_encoder_create(schema, NULL, &encoder, &err) == MST_OK);
    /* Without the defaults, which the canonical form has not. */
    fuzz_must(mst_avro_decoder_create(schema, again, NULL, &decoder, &err)
              == MST_OK);
    mst_avro_decoder_destroy(decoder);
    mst_avro_encoder_destroy(encoder);
    mst_avro_schema_destroy(again);
    mst_avro_schema_destroy(schema);
    mst_buf_clear(&canonical);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Any bytes as data of a schema that has every type: what is read is good
 * BSON, of what it becomes the same is read again, and the JSON is that of the
 * BSON. */
#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "fuzz_avro_schema_of.h"
#include "fuzz_must.h"

/* The same fields, others first, some not, some new, some promoted. */
static const char fuzz_reader[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"s\",\"type\":\"bytes\"},"
    "{\"name\":\"i\",\"type\":[\"string\",\"double\"]},"
    "{\"name\":\"new\",\"type\":{\"type\":\"array\",\"items\":[\"int\","
    "\"null\"]},\"default\":[5]},"
    "{\"name\":\"self\",\"type\":[\"R\",\"null\"]},"
    "{\"name\":\"aa\",\"type\":{\"type\":\"array\",\"items\":{\"type\":"
    "\"array\",\"items\":[\"null\",\"R\"]}}}]}";

static void
fuzz_again(struct mst_avro_encoder *encoder, struct mst_avro_decoder *decoder,
           struct mst_slice bson)
{
    struct mst_buf avro;
    struct mst_buf back;
    struct mst_error err;
    mst_buf_init(&avro, FUZZ_MAX);
    mst_buf_init(&back, FUZZ_MAX);
    /* Refused: a time of day that is none, a name that is there twice. */
    if (mst_avro_from_bson(encoder, bson, &avro, &err) == MST_OK) {
        fuzz_must(mst_avro_to_bson(decoder, mst_buf_slice(&avro), &back, &err)
                  == MST_OK);
        fuzz_must(mst_slice_equal(mst_buf_slice(&back), bson));
    }
    mst_buf_clear(&avro);
    mst_buf_clear(&back);
}

/* The JSON is that of the BSON, in every mode; what is refused as one is
 * refused as the other. bson: no data where it was refused. */
static void
fuzz_json(struct mst_avro_decoder *decoder, struct mst_slice datum,
          struct mst_slice bson)
{
    for (int mode = MST_JSON_RELAXED; mode <= MST_JSON_PLAIN; mode++) {
        struct mst_buf json;
        struct mst_buf wanted;
        mst_buf_init(&json, FUZZ_MAX);
        mst_buf_init(&wanted, FUZZ_MAX);
        bool ours = mst_avro_to_json(decoder, datum, (enum mst_json_mode)mode,
                                     &json, NULL)
                    == MST_OK;
        bool theirs =
            bson.data != NULL
            && mst_bson_to_json(bson, (enum mst_json_mode)mode, &wanted, NULL)
                   == MST_OK;
        fuzz_must(
            ours == theirs
            && mst_slice_equal(mst_buf_slice(&json), mst_buf_slice(&wanted)));
        mst_buf_clear(&json);
        mst_buf_clear(&wanted);
    }
}

/* Made once: data come by the hundred thousand. */
struct fuzz_plans {
    struct mst_avro_schema *schemas[2];
    struct mst_avro_encoder *encoder;
    struct mst_avro_decoder *decoders[2]; /* as itself, and as the other */
};

static void
fuzz_open(struct fuzz_plans *plans)
{
    struct mst_error err;
    fuzz_must(mst_avro_schema_parse(mst_slice_str(fuzz_schema),
                                    &plans->schemas[0], &err)
                  == MST_OK
              && mst_avro_schema_parse(mst_slice_str(fuzz_reader),
                                       &plans->schemas[1], &err)
                     == MST_OK
              && mst_avro_encoder_create(plans->schemas[0], NULL,
                                         &plans->encoder, &err)
                     == MST_OK);
    for (int i = 0; i < 2; i++) {
        fuzz_must(mst_avro_decoder_create(plans->schemas[0], plans->schemas[i],
                                          NULL, &plans->decoders[i], &err)
                  == MST_OK);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_plans plans;
    struct mst_slice datum = mst_slice_of(data, size);
    struct mst_error err;
    if (plans.encoder == NULL) {
        fuzz_open(&plans);
    }
    for (int i = 0; i < 2; i++) {
        struct mst_buf out;
        mst_buf_init(&out, FUZZ_MAX);
        mst_error_clear(&err);
        enum mst_status status =
            mst_avro_to_bson(plans.decoders[i], datum, &out, &err);
        if (status == MST_OK) {
            fuzz_must(mst_bson_check(mst_buf_slice(&out), NULL) == MST_OK);
        } else {
            fuzz_must(out.len == 0 && err.offset >= 0
                      && (size_t)err.offset <= size);
        }
        fuzz_json(plans.decoders[i], datum, mst_buf_slice(&out));
        if (status == MST_OK && i == 0) {
            fuzz_again(plans.encoder, plans.decoders[0], mst_buf_slice(&out));
        }
        mst_buf_reset(&out);
        enum mst_status other =
            mst_avro_resolve(plans.decoders[i], datum, &out, &err);
        /* BSON has limits of its own: names without NUL, UUIDs, decimals. */
        fuzz_must(status != MST_OK || other == MST_OK);
        mst_buf_clear(&out);
    }
    return 0;
}

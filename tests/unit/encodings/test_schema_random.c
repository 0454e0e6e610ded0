/* SPDX-License-Identifier: MIT */
/* Random collections: what is inferred takes all of their documents, also as
 * Avro, and gives them back. */
#include "unit/cmocka_all.h"

#include <stdlib.h>

#include "collection.h"
#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"
#include "encodings/json_schema/plan.h"
#include "encodings/schema_tools/from_avro.h"
#include "encodings/schema_tools/infer.h"
#include "encodings/schema_tools/to_avro.h"
#include "random_avro.h"
#include "schema/avro_canonical.h"

enum { RANDOM_MAX = 1 << 26, RANDOM_COLLECTIONS = 200, RANDOM_DOCUMENTS = 25 };

/* One collection and what is made of it. */
struct world {
    uint64_t seed;
    struct random_bson random;
    struct mst_buf bson; /* the documents, one behind the other */
    size_t ends[RANDOM_DOCUMENTS];
    struct mst_buf json;
    struct mst_buf avro;
    struct mst_buf datum;
    struct mst_buf back;
};

static void
world_open(struct world *world, uint64_t seed)
{
    *world = (struct world){.seed = seed, .random = {.state = seed}};
    mst_buf_init(&world->bson, RANDOM_MAX);
    mst_buf_init(&world->json, RANDOM_MAX);
    mst_buf_init(&world->avro, RANDOM_MAX);
    mst_buf_init(&world->datum, RANDOM_MAX);
    mst_buf_init(&world->back, RANDOM_MAX);
}

static void
world_close(struct world *world)
{
    mst_buf_clear(&world->bson);
    mst_buf_clear(&world->json);
    mst_buf_clear(&world->avro);
    mst_buf_clear(&world->datum);
    mst_buf_clear(&world->back);
}

static struct mst_slice
world_document(const struct world *world, size_t n)
{
    size_t start = n == 0 ? 0 : world->ends[n - 1];
    return mst_slice_of(world->bson.data + start, world->ends[n] - start);
}

static void
world_infer(struct world *world)
{
    struct mst_infer *infer = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(mst_infer_create(NULL, &infer, &err), MST_OK);
    for (size_t i = 0; i < RANDOM_DOCUMENTS; i++) {
        if (mst_infer_add(infer, world_document(world, i), &err) != MST_OK) {
            fail_msg("seed %llu: %s", (unsigned long long)world->seed,
                     err.text);
        }
    }
    assert_int_equal(mst_infer_finish(infer, &world->json, &err), MST_OK);
    mst_infer_destroy(infer);
    if (mst_json_schema_to_avro(mst_buf_slice(&world->json), NULL, &world->avro,
                                &err)
        != MST_OK) {
        fail_msg("seed %llu: %s: %.900s", (unsigned long long)world->seed,
                 err.text, mst_buf_text(&world->json));
    }
}

/* The schema and what runs it. */
struct codec {
    struct mst_avro_schema *schema;
    struct mst_avro_encoder *encoder;
    struct mst_avro_decoder *decoder;
};

static void
codec_open(struct codec *codec, struct mst_slice text)
{
    const struct mst_avro_options options = {.reject_unknown = true};
    assert_int_equal(mst_avro_schema_parse(text, &codec->schema, NULL), MST_OK);
    assert_int_equal(
        mst_avro_encoder_create(codec->schema, &options, &codec->encoder, NULL),
        MST_OK);
    assert_int_equal(mst_avro_decoder_create(codec->schema, NULL, NULL,
                                             &codec->decoder, NULL),
                     MST_OK);
}

static void
codec_close(struct codec *codec)
{
    mst_avro_encoder_destroy(codec->encoder);
    mst_avro_decoder_destroy(codec->decoder);
    mst_avro_schema_destroy(codec->schema);
}

static void
world_check(struct world *world, const struct codec *codec, size_t n)
{
    struct mst_error err;
    struct mst_slice document = world_document(world, n);
    mst_error_clear(&err);
    mst_buf_reset(&world->datum);
    mst_buf_reset(&world->back);
    enum mst_status status =
        mst_avro_from_bson(codec->encoder, document, &world->datum, &err);
    if (status == MST_OK) {
        status = mst_avro_to_bson(codec->decoder, mst_buf_slice(&world->datum),
                                  &world->back, &err);
    }
    if (status != MST_OK
        || !collection_same(document, mst_buf_slice(&world->back))) {
        fail_msg("seed %llu, document %zu: %s: %.900s",
                 (unsigned long long)world->seed, n,
                 status == MST_OK ? "it came back changed" : err.text,
                 mst_buf_text(&world->avro));
    }
}

/* All of them are valid by what was inferred. */
static void
world_validate(struct world *world)
{
    static const struct mst_json_plan_options checks = {.formats = true};
    const struct mst_transcoder step = {.from = MST_ENCODING_BSON,
                                        .to = MST_ENCODING_BSON};
    struct mst_json_plan *plan = NULL;
    struct mst_error err;
    assert_int_equal(
        mst_json_plan_create(mst_buf_slice(&world->json), &checks, &plan, NULL),
        MST_OK);
    for (size_t i = 0; i < RANDOM_DOCUMENTS; i++) {
        mst_buf_reset(&world->back);
        if (mst_json_plan_convert(plan, &step, world_document(world, i),
                                  &world->back, &err)
            != MST_OK) {
            fail_msg("seed %llu: %s", (unsigned long long)world->seed,
                     err.text);
        }
    }
    mst_json_plan_destroy(plan);
}

static void
world_run(struct world *world)
{
    struct codec codec;
    world_infer(world);
    world_validate(world);
    codec_open(&codec, mst_buf_slice(&world->avro));
    for (size_t i = 0; i < RANDOM_DOCUMENTS; i++) {
        world_check(world, &codec, i);
    }
    codec_close(&codec);
}

/* MSTREAM_SOAK: so many times as many. */
static uint64_t
collections(void)
{
    const char *soak = getenv("MSTREAM_SOAK");
    return RANDOM_COLLECTIONS * (soak == NULL ? 1 : strtoull(soak, NULL, 10));
}

static void
collections_of_any_documents_become_avro_and_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= collections(); seed++) {
        struct world world;
        world_open(&world, seed);
        for (size_t i = 0; i < RANDOM_DOCUMENTS; i++) {
            collection_document(&world.random, &world.bson);
            world.ends[i] = world.bson.len;
        }
        world_run(&world);
        world_close(&world);
    }
}

static void
collections_with_a_structure_become_avro_and_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= collections(); seed++) {
        struct world world;
        struct mst_avro_schema *parsed = NULL;
        struct mst_buf schema;
        world_open(&world, seed);
        mst_buf_init(&schema, RANDOM_MAX);
        random_avro_schema(&world.random, &schema);
        assert_int_equal(
            mst_avro_schema_parse(mst_buf_slice(&schema), &parsed, NULL),
            MST_OK);
        for (size_t i = 0; i < RANDOM_DOCUMENTS; i++) {
            random_avro_document(&world.random, parsed, &world.bson);
            world.ends[i] = world.bson.len;
        }
        mst_avro_schema_destroy(parsed);
        mst_buf_clear(&schema);
        world_run(&world);
        world_close(&world);
    }
}

/* The canonical form of a schema's text. */
static void
canonical_of(struct mst_slice text, struct mst_buf *out)
{
    struct mst_avro_schema *schema = NULL;
    struct mst_error err;
    if (mst_avro_schema_parse(text, &schema, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(mst_avro_canonical(schema, out), MST_OK);
    mst_avro_schema_destroy(schema);
}

/* A union of one type becomes that type. */
static bool
has_single_union(const struct mst_avro_schema *schema)
{
    for (size_t i = 0; i < schema->types_len; i++) {
        if (schema->types[i]->branches_len == 1) {
            return true;
        }
    }
    return false;
}

static void
avro_schemas_become_json_schemas_and_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= collections() * 5; seed++) {
        struct world world;
        struct mst_avro_schema *schema = NULL;
        struct mst_error err;
        world_open(&world, seed);
        random_avro_schema(&world.random, &world.avro);
        assert_int_equal(
            mst_avro_schema_parse(mst_buf_slice(&world.avro), &schema, NULL),
            MST_OK);
        assert_int_equal(mst_avro_to_json_schema(schema, &world.json, NULL),
                         MST_OK);
        bool single = has_single_union(schema);
        mst_avro_schema_destroy(schema);
        if (mst_json_schema_to_avro(mst_buf_slice(&world.json), NULL,
                                    &world.bson, &err)
            != MST_OK) {
            fail_msg("seed %llu: %s: %.900s", (unsigned long long)seed,
                     err.text, mst_buf_text(&world.json));
        }
        canonical_of(mst_buf_slice(&world.avro), &world.datum);
        canonical_of(mst_buf_slice(&world.bson), &world.back);
        if (!single) {
            assert_string_equal(mst_buf_text(&world.datum),
                                mst_buf_text(&world.back));
        }
        world_close(&world);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            collections_of_any_documents_become_avro_and_come_back),
        cmocka_unit_test(
            collections_with_a_structure_become_avro_and_come_back),
        cmocka_unit_test(avro_schemas_become_json_schemas_and_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

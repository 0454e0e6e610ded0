/* SPDX-License-Identifier: MIT */
/* updateDescription becomes update statements. */
#include "sinks/mongodb/mongodb_delta.h"

#include "unit/cmocka_all.h"

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"

enum { DELTA_BYTES = 1024 * 1024 };

struct delta_world {
    struct mst_arena arena;
    struct mst_buf doc;
    struct mst_buf scratch;
    struct mst_buf text;
    struct mst_mongosink_op op;
    struct mst_error err;
};

static int
setup(void **state)
{
    struct delta_world *world = calloc(1, sizeof(*world));
    if (world == NULL) {
        return -1;
    }
    mst_buf_init(&world->doc, DELTA_BYTES);
    mst_buf_init(&world->scratch, DELTA_BYTES);
    mst_buf_init(&world->text, DELTA_BYTES);
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    struct delta_world *world = *state;
    mst_arena_clear(&world->arena);
    mst_buf_clear(&world->doc);
    mst_buf_clear(&world->scratch);
    mst_buf_clear(&world->text);
    free(world);
    return 0;
}

static enum mst_status
delta(struct delta_world *world, const char *json)
{
    mst_buf_reset(&world->doc);
    assert_int_equal(
        mst_json_to_bson(mst_slice_str(json), NULL, &world->doc, &world->err),
        MST_OK);
    return mst_mongosink_delta(mst_buf_slice(&world->doc), &world->arena,
                               &world->scratch, &world->op, &world->err);
}

static void
assert_statement(struct delta_world *world, size_t index, const char *expected)
{
    assert_true(index < world->op.statements_len);
    mst_buf_reset(&world->text);
    assert_int_equal(mst_bson_to_json(world->op.statements[index].update,
                                      MST_JSON_RELAXED, &world->text,
                                      &world->err),
                     MST_OK);
    assert_string_equal(mst_buf_text(&world->text), expected);
}

static void
fields_set_and_removed_are_one_statement(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(delta(world, "{\"updatedFields\":{\"a.b\":1,\"c\":null},"
                                  "\"removedFields\":[\"d\",\"e.f\"],"
                                  "\"truncatedArrays\":[]}"),
                     MST_OK);
    assert_int_equal(world->op.statements_len, 1);
    assert_statement(world, 0,
                     "{\"$set\":{\"a.b\":1,\"c\":null},"
                     "\"$unset\":{\"d\":\"\",\"e.f\":\"\"}}");
}

static void
only_truncated_arrays_cut_only_those(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(
        delta(world, "{\"updatedFields\":{},\"removedFields\":[],"
                     "\"truncatedArrays\":[{\"field\":\"a\",\"newSize\":2},"
                     "{\"field\":\"b.c\",\"newSize\":0}]}"),
        MST_OK);
    assert_int_equal(world->op.statements_len, 1);
    assert_statement(world, 0,
                     "{\"$push\":{\"a\":{\"$each\":[],\"$slice\":2},"
                     "\"b.c\":{\"$each\":[],\"$slice\":0}}}");
}

static void
a_cut_array_that_also_changes_is_cut_first(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(
        delta(world,
              "{\"updatedFields\":{\"a.1\":5,\"ab\":1},\"removedFields\":[],"
              "\"truncatedArrays\":[{\"field\":\"a\",\"newSize\":2}]}"),
        MST_OK);
    assert_int_equal(world->op.statements_len, 2);
    assert_statement(world, 0,
                     "{\"$push\":{\"a\":{\"$each\":[],\"$slice\":2}}}");
    assert_statement(world, 1, "{\"$set\":{\"a.1\":5,\"ab\":1}}");
}

static void
a_name_that_only_begins_alike_does_not_split(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(
        delta(world, "{\"updatedFields\":{\"ab\":1},\"removedFields\":[],"
                     "\"truncatedArrays\":[{\"field\":\"a\",\"newSize\":2}]}"),
        MST_OK);
    assert_int_equal(world->op.statements_len, 1);
}

static void
an_array_cut_inside_a_cut_array_follows_it(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(
        delta(world, "{\"updatedFields\":{},\"removedFields\":[],"
                     "\"truncatedArrays\":[{\"field\":\"a\",\"newSize\":2},"
                     "{\"field\":\"a.0.b\",\"newSize\":1}]}"),
        MST_OK);
    assert_int_equal(world->op.statements_len, 2);
    assert_statement(world, 1,
                     "{\"$push\":{\"a.0.b\":{\"$each\":[],\"$slice\":1}}}");
}

static void
nothing_changed_needs_no_statement(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(delta(world, "{\"updatedFields\":{},"
                                  "\"removedFields\":[]}"),
                     MST_OK);
    assert_int_equal(world->op.statements_len, 0);
}

static void
a_guard_is_set_with_the_last_statement(void **state)
{
    struct delta_world *world = *state;
    world->op.has_guard = true;
    world->op.guard_scope = MST_SLICE_LIT("mongodb");
    world->op.guard_order = 7;
    assert_int_equal(delta(world, "{\"updatedFields\":{},"
                                  "\"removedFields\":[\"x\"]}"),
                     MST_OK);
    assert_statement(world, 0,
                     "{\"$set\":{\"_mst\":{\"s\":\"mongodb\",\"o\":7}},"
                     "\"$unset\":{\"x\":\"\"}}");
}

static void
special_names_are_changed_by_a_pipeline_in_the_end(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(
        delta(world, "{\"updatedFields\":{\"a.b\":1,\"c\":2,\"e.$f\":\"$x\"},"
                     "\"removedFields\":[\"$d\",\"g\"],"
                     "\"disambiguatedPaths\":{\"a.b\":[\"a.b\"]}}"),
        MST_OK);
    assert_int_equal(world->op.statements_len, 2);
    assert_false(world->op.statements[0].is_pipeline);
    assert_statement(world, 0, "{\"$set\":{\"c\":2},\"$unset\":{\"g\":\"\"}}");
    assert_true(world->op.statements[1].is_pipeline);
    assert_statement(
        world, 1,
        "{\"0\":{\"$replaceWith\":{\"$setField\":{"
        "\"field\":{\"$literal\":\"a.b\"},\"input\":\"$$ROOT\","
        "\"value\":{\"$literal\":1}}}},"
        "\"1\":{\"$replaceWith\":{\"$setField\":{"
        "\"field\":{\"$literal\":\"e\"},\"input\":\"$$ROOT\","
        "\"value\":{\"$setField\":{\"field\":{\"$literal\":\"$f\"},"
        "\"input\":{\"$ifNull\":[{\"$getField\":{\"field\":{\"$literal\":\"e\"}"
        ","
        "\"input\":\"$$ROOT\"}},{}]},\"value\":{\"$literal\":\"$x\"}}}}}},"
        "\"2\":{\"$replaceWith\":{\"$unsetField\":{"
        "\"field\":{\"$literal\":\"$d\"},\"input\":\"$$ROOT\"}}}}");
}

static void
only_special_names_are_one_pipeline(void **state)
{
    struct delta_world *world = *state;
    assert_int_equal(
        delta(world, "{\"updatedFields\":{},\"removedFields\":[],"
                     "\"truncatedArrays\":[{\"field\":\"a.b\",\"newSize\":2}],"
                     "\"disambiguatedPaths\":{\"a.b\":[\"a.b\"]}}"),
        MST_OK);
    assert_int_equal(world->op.statements_len, 1);
    assert_true(world->op.statements[0].is_pipeline);
    assert_statement(world, 0,
                     "{\"0\":{\"$replaceWith\":{\"$setField\":{"
                     "\"field\":{\"$literal\":\"a.b\"},\"input\":\"$$ROOT\","
                     "\"value\":{\"$slice\":[{\"$getField\":{\"field\":{\"$"
                     "literal\":\"a.b\"},"
                     "\"input\":\"$$ROOT\"}},2]}}}}}");
}

static void
what_can_not_be_said_is_rejected(void **state)
{
    struct delta_world *world = *state;
    static const char *const bad[] = {
        /* Two fields of one name. */
        "{\"updatedFields\":{\"a.b\":1},\"removedFields\":[\"a.b\"],"
        "\"disambiguatedPaths\":{\"a.b\":[\"a.b\"]}}",
        /* Index or name? An old server does not say. */
        "{\"updatedFields\":{\"a.0.$x\":1},\"removedFields\":[]}",
        "{\"updatedFields\":{\"a.b\":1},"
        "\"disambiguatedPaths\":{\"a.b\":[\"a.b\",-1]}}",
        "{\"updatedFields\":{\"a.b\":1},"
        "\"disambiguatedPaths\":{\"a.b\":[\"a.b\",true]}}",
        "{\"updatedFields\":{\"a\":1},\"disambiguatedPaths\":5}",
        "{\"updatedFields\":[1]}",
        "{\"updatedFields\":5}",
        "{\"removedFields\":[5]}",
        "{\"removedFields\":{\"a\":{}}}",
        "{\"removedFields\":[\"a\\u0000b\"]}",
        "{\"truncatedArrays\":[5]}",
        "{\"truncatedArrays\":[{\"field\":\"a\"}]}",
        "{\"truncatedArrays\":[{\"field\":\"a\",\"newSize\":-1}]}",
        "{\"truncatedArrays\":[{\"field\":\"a\",\"newSize\":1e300}]}",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(bad); i++) {
        if (delta(world, bad[i]) != MST_REJECTED) {
            fail_msg("not rejected: %s", bad[i]);
        }
    }
    /* A number in a path is no trouble: it is an index or a name, as there. */
    assert_int_equal(
        delta(world, "{\"updatedFields\":{\"a.0\":1},\"removedFields\":[],"
                     "\"disambiguatedPaths\":{\"a.0\":[\"a\",\"0\"]}}"),
        MST_OK);
}

int
main(void)
{
#define DELTA_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        DELTA_TEST(fields_set_and_removed_are_one_statement),
        DELTA_TEST(only_truncated_arrays_cut_only_those),
        DELTA_TEST(a_cut_array_that_also_changes_is_cut_first),
        DELTA_TEST(a_name_that_only_begins_alike_does_not_split),
        DELTA_TEST(an_array_cut_inside_a_cut_array_follows_it),
        DELTA_TEST(nothing_changed_needs_no_statement),
        DELTA_TEST(a_guard_is_set_with_the_last_statement),
        DELTA_TEST(special_names_are_changed_by_a_pipeline_in_the_end),
        DELTA_TEST(only_special_names_are_one_pipeline),
        DELTA_TEST(what_can_not_be_said_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

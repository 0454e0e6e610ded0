/* SPDX-License-Identifier: MIT */
/* What a delivery writes, seen through the preview that dry-run prints. */
#include "unit/cmocka_all.h"

#include "clients/mongo_options.h"
#include "encodings/json_bson.h"
#include "sinks/mongodb/mongodb_options.h"
#include "sinks/mongodb/mongodb_sink.h"

enum { INTAKE_BYTES = 1024 * 1024 };

struct intake_world {
    struct mst_mongo_options service;
    struct mst_mongosink_options options;
    struct mst_sink_args args;
    void *sink;
    struct mst_buf payload;
    struct mst_buf line;
    struct mst_attribute attributes[4];
    struct mst_event event;
    struct mst_delivery delivery;
    struct mst_error err;
};

static int
setup(void **state)
{
    struct intake_world *world = calloc(1, sizeof(*world));
    if (world == NULL) {
        return -1;
    }
    world->service = (struct mst_mongo_options){
        .connection_string = (char[]){"mongodb://127.0.0.1/"},
        .db_name = strdup("app")};
    world->options =
        (struct mst_mongosink_options){.id = strdup("document"),
                                       .write_concern = strdup("majority"),
                                       .write_timeout_ms = 1000,
                                       .bulk = {1000, 1024 * 1024},
                                       .connections = 2};
    world->args = (struct mst_sink_args){.job = "j",
                                         .service_name = "m",
                                         .service = &world->service,
                                         .options = &world->options,
                                         .resource = "users",
                                         .encoding = MST_ENCODING_BSON};
    mst_buf_init(&world->payload, INTAKE_BYTES);
    mst_buf_init(&world->line, INTAKE_BYTES);
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    struct intake_world *world = *state;
    mst_mongodb_sink.destroy(world->sink);
    mst_buf_clear(&world->payload);
    mst_buf_clear(&world->line);
    free(world->service.db_name);
    free(world->options.id);
    free(world->options.write_concern);
    free(world);
    return 0;
}

static void
set_text(char **option, const char *text)
{
    free(*option);
    *option = strdup(text);
}

static void
event(struct intake_world *world, enum mst_op op, const char *json)
{
    world->event = (struct mst_event){.op = op,
                                      .encoding = MST_ENCODING_BSON,
                                      .attributes = world->attributes,
                                      .source_ts_ms = MST_TIME_UNKNOWN};
    if (json != NULL) {
        mst_buf_reset(&world->payload);
        assert_int_equal(mst_json_to_bson(mst_slice_str(json), NULL,
                                          &world->payload, &world->err),
                         MST_OK);
        world->event.payload = mst_buf_slice(&world->payload);
    }
}

static void
attribute(struct intake_world *world, const char *name, const char *value)
{
    world->attributes[world->event.attributes_len++] =
        (struct mst_attribute){mst_slice_str(name), mst_slice_str(value)};
}

static enum mst_status
preview(struct intake_world *world)
{
    world->delivery = (struct mst_delivery){.event = &world->event,
                                            .payload = world->event.payload,
                                            .encoding = MST_ENCODING_BSON};
    if (world->sink == NULL) {
        enum mst_status status =
            mst_mongodb_sink.create(&world->sink, &world->args, &world->err);
        if (status != MST_OK) {
            fail_msg("%s", world->err.text);
        }
    }
    mst_buf_reset(&world->line);
    return mst_mongodb_sink.preview(world->sink, &world->delivery, true,
                                    &world->line, &world->err);
}

static void
assert_preview(struct intake_world *world, const char *expected)
{
    if (preview(world) != MST_OK) {
        fail_msg("%s", world->err.text);
    }
    assert_string_equal(mst_buf_text(&world->line), expected);
}

static void
apply_goes_by_the_operation(void **state)
{
    struct intake_world *world = *state;
    static const enum mst_op whole[] = {
        MST_OP_NONE, MST_OP_CREATE, MST_OP_UPDATE, MST_OP_REPLACE, MST_OP_READ};
    for (size_t i = 0; i < MST_ARRAY_SIZE(whole); i++) {
        event(world, whole[i], "{\"_id\":1,\"a\":2}");
        assert_preview(world, "{\"write\":\"replaceOne\",\"to\":\"app.users\","
                              "\"filter\":{\"_id\":1},\"document\":{\"_id\":1,"
                              "\"a\":2}}\n");
    }
    event(world, MST_OP_DELETE, "{\"_id\":1,\"a\":2}");
    assert_preview(world, "{\"write\":\"deleteOne\",\"to\":\"app.users\","
                          "\"filter\":{\"_id\":1}}\n");
    event(world, MST_OP_UPDATE, "{\"_id\":1}");
    attribute(world, "full_document", "missing");
    assert_preview(world, "{\"write\":\"nothing\",\"to\":\"app.users\"}\n");
    event(world, MST_OP_NONE, "{\"_id\":1}");
    attribute(world, "operation_type", "drop");
    assert_int_equal(preview(world), MST_REJECTED);
}

static void
the_services_mode_counts_when_the_step_says_nothing(void **state)
{
    struct intake_world *world = *state;
    world->service.write_mode = MST_MONGO_WRITE_INSERT;
    event(world, MST_OP_DELETE, "{\"_id\":1}");
    assert_preview(world, "{\"write\":\"insertOne\",\"to\":\"app.users\","
                          "\"document\":{\"_id\":1}}\n");
    mst_mongodb_sink.destroy(world->sink);
    world->sink = NULL;
    world->options.write_mode = MST_MONGOSINK_APPLY;
    assert_preview(world, "{\"write\":\"deleteOne\",\"to\":\"app.users\","
                          "\"filter\":{\"_id\":1}}\n");
}

static void
another_id_replaces_the_documents_own(void **state)
{
    struct intake_world *world = *state;
    set_text(&world->options.id, "field:a.b");
    event(world, MST_OP_CREATE, "{\"x\":1,\"_id\":9,\"a\":{\"b\":\"k\"}}");
    assert_preview(world, "{\"write\":\"replaceOne\",\"to\":\"app.users\","
                          "\"filter\":{\"_id\":\"k\"},\"document\":{\"_id\":"
                          "\"k\",\"x\":1,\"a\":{\"b\":\"k\"}}}\n");
    event(world, MST_OP_CREATE, "{\"x\":1}");
    assert_int_equal(preview(world), MST_REJECTED);
    event(world, MST_OP_CREATE, "{\"a\":{\"b\":[1]}}");
    assert_int_equal(preview(world), MST_REJECTED);
}

static void
an_id_that_looks_like_an_operator_is_compared_as_a_value(void **state)
{
    struct intake_world *world = *state;
    event(world, MST_OP_DELETE, "{\"_id\":{\"$gt\":1}}");
    assert_preview(world, "{\"write\":\"deleteOne\",\"to\":\"app.users\","
                          "\"filter\":{\"_id\":{\"$eq\":{\"$gt\":1}}}}\n");
}

static void
templates_take_attributes_and_reject_what_lacks_them(void **state)
{
    struct intake_world *world = *state;
    world->args.resource = "{topic}_{attr:region}";
    event(world, MST_OP_DELETE, "{\"_id\":1}");
    attribute(world, "topic", "t");
    attribute(world, "region", "eu");
    assert_preview(world, "{\"write\":\"deleteOne\",\"to\":\"app.t_eu\","
                          "\"filter\":{\"_id\":1}}\n");
    event(world, MST_OP_DELETE, "{\"_id\":1}");
    attribute(world, "topic", "t");
    assert_int_equal(preview(world), MST_REJECTED);
    assert_non_null(strstr(world->err.text, "'region'"));
    event(world, MST_OP_DELETE, "{\"_id\":1}");
    attribute(world, "topic", "$cmd");
    attribute(world, "region", "eu");
    assert_int_equal(preview(world), MST_REJECTED);
}

static void
a_change_event_is_known_by_its_attribute(void **state)
{
    struct intake_world *world = *state;
    static const char change[] =
        "{\"operationType\":\"update\",\"documentKey\":{\"_id\":1},"
        "\"clusterTime\":{\"$timestamp\":{\"t\":2,\"i\":3}},"
        "\"updateDescription\":{\"updatedFields\":{\"a\":1},"
        "\"removedFields\":[]}}";
    world->options.guard = MST_MONGOSINK_GUARD_POSITION;
    event(world, MST_OP_UPDATE, change);
    attribute(world, "payload", "change");
    assert_preview(world,
                   "{\"write\":\"updateOne\",\"to\":\"app.users\",\"filter\":{"
                   "\"_id\":1,\"$nor\":[{\"_mst.s\":\"mongodb\",\"_mst.o\":{"
                   "\"$gt\":8589934595}}]},\"updates\":[{\"$set\":{\"a\":1,"
                   "\"_mst\":{\"s\":\"mongodb\",\"o\":8589934595}}}]}\n");
    event(world, MST_OP_UPDATE, change);
    assert_int_equal(preview(world), MST_REJECTED);
    event(world, MST_OP_NONE, "{\"operationType\":\"rename\"}");
    attribute(world, "payload", "change");
    assert_int_equal(preview(world), MST_REJECTED);
    assert_non_null(strstr(world->err.text, "rename"));
}

static void
deletes_can_not_find_ids_that_were_made(void **state)
{
    struct intake_world *world = *state;
    set_text(&world->options.id, "hash");
    event(world, MST_OP_DELETE, "{\"_id\":1}");
    assert_int_equal(preview(world), MST_REJECTED);
    event(world, MST_OP_CREATE, "{\"a\":1}");
    assert_int_equal(preview(world), MST_OK);
}

static void
options_that_contradict_are_refused_before_anything_starts(void **state)
{
    struct intake_world *world = *state;
    struct mst_sink_args args = world->args;
    struct mst_mongosink_options options = world->options;
    args.options = &options;
    static const char *const resources[] = {"",  "{nope}", "a{",
                                            "}", "$x",     "system.users"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(resources); i++) {
        args.resource = resources[i];
        assert_int_equal(
            mst_mongodb_sink.create(&world->sink, &args, &world->err),
            MST_FATAL);
    }
    args.resource = "users";
    char *const concerns[] = {(char[]){"0"}, (char[]){""}, (char[]){"-1"}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(concerns); i++) {
        options.write_concern = concerns[i];
        assert_int_equal(
            mst_mongodb_sink.create(&world->sink, &args, &world->err),
            MST_FATAL);
    }
    options = world->options;
    options.input = MST_MONGOSINK_INPUT_CHANGE;
    options.write_mode = MST_MONGOSINK_INSERT;
    assert_int_equal(mst_mongodb_sink.create(&world->sink, &args, &world->err),
                     MST_FATAL);
    assert_null(world->sink);
}

int
main(void)
{
#define INTAKE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        INTAKE_TEST(apply_goes_by_the_operation),
        INTAKE_TEST(the_services_mode_counts_when_the_step_says_nothing),
        INTAKE_TEST(another_id_replaces_the_documents_own),
        INTAKE_TEST(an_id_that_looks_like_an_operator_is_compared_as_a_value),
        INTAKE_TEST(templates_take_attributes_and_reject_what_lacks_them),
        INTAKE_TEST(a_change_event_is_known_by_its_attribute),
        INTAKE_TEST(deletes_can_not_find_ids_that_were_made),
        INTAKE_TEST(options_that_contradict_are_refused_before_anything_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

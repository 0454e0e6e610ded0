/* SPDX-License-Identifier: MIT */
/* The attributes of events from MongoDB. */
#include "sources/mongodb/labels.h"

#include "unit/cmocka_all.h"

#include <stdio.h>

#include "encodings/json_bson.h"

struct labels_world {
    struct mst_mongo_labels *labels;
    struct mst_batch *batch;
    struct mst_buf doc;
};

static int
setup(void **state)
{
    struct labels_world *world = calloc(1, sizeof(*world));
    if (world == NULL) {
        return -1;
    }
    mst_buf_init(&world->doc, 65536);
    world->labels = mst_mongo_labels_create();
    world->batch = mst_batch_create(8, 65536);
    *state = world;
    return world->labels == NULL || world->batch == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    struct labels_world *world = *state;
    mst_batch_destroy(world->batch);
    mst_mongo_labels_unref(world->labels);
    mst_buf_clear(&world->doc);
    free(world);
    return 0;
}

static const struct mst_event *
labelled(struct labels_world *world, const char *json, unsigned remarks)
{
    struct mst_mongo_change change;
    mst_buf_reset(&world->doc);
    assert_int_equal(
        mst_json_to_bson(mst_slice_str(json), NULL, &world->doc, NULL), MST_OK);
    assert_int_equal(
        mst_mongo_change_parse(mst_buf_slice(&world->doc), &change, NULL),
        MST_OK);
    struct mst_event *event = mst_batch_add(world->batch);
    assert_non_null(event);
    assert_int_equal(
        mst_mongo_labels_set(world->labels, event, &change, remarks), MST_OK);
    return event;
}

static void
assert_attribute(const struct mst_event *event, const char *name,
                 const char *value)
{
    struct mst_slice found = mst_event_attribute(event, name);
    if (!mst_slice_is(found, value)) {
        fail_msg("%s is '%.*s', not '%s'", name, (int)found.len,
                 found.data == NULL ? "" : (const char *)found.data, value);
    }
}

#define INSERT(seconds, ordinal)                                               \
    "{\"operationType\":\"insert\",\"ns\":{\"db\":\"app\",\"coll\":\"users\"}" \
    ",\"clusterTime\":{\"$timestamp\":{\"t\":" seconds ",\"i\":" ordinal "}}}"

static void
event_says_what_happened_where_and_when(void **state)
{
    struct labels_world *world = *state;
    const struct mst_event *event =
        labelled(world, INSERT("1795260736", "3"), MST_MONGO_IS_CHANGE);
    assert_attribute(event, "op", "create");
    assert_attribute(event, "operation_type", "insert");
    assert_attribute(event, "database", "app");
    assert_attribute(event, "collection", "users");
    assert_attribute(event, "payload", "change");
    assert_attribute(event, "cluster_time", "1795260736,3");
}

static void
each_event_has_a_time_of_its_own(void **state)
{
    struct labels_world *world = *state;
    static const char *const texts[][2] = {
        {INSERT("1", "0"), "1,0"},
        {INSERT("4294967295", "4294967295"), "4294967295,4294967295"},
        {INSERT("10", "10"), "10,10"},
    };
    const struct mst_event *events[MST_ARRAY_SIZE(texts)];
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts); i++) {
        events[i] = labelled(world, texts[i][0], 0);
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts); i++) {
        assert_attribute(events[i], "cluster_time", texts[i][1]);
        assert_attribute(events[i], "collection", "users");
        assert_int_equal(events[i]->attributes_len, 5);
    }
}

static void
event_without_a_time_shares_its_attributes(void **state)
{
    struct labels_world *world = *state;
    static const char change[] = "{\"operationType\":\"delete\"}";
    const struct mst_event *first =
        labelled(world, change, MST_MONGO_FULL_MISSING);
    const struct mst_event *second =
        labelled(world, change, MST_MONGO_FULL_MISSING);
    assert_attribute(first, "full_document", "missing");
    assert_null(mst_event_attribute(first, "cluster_time").data);
    assert_ptr_equal(first->attributes, second->attributes);
}

int
main(void)
{
#define LABELS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        LABELS_TEST(event_says_what_happened_where_and_when),
        LABELS_TEST(each_event_has_a_time_of_its_own),
        LABELS_TEST(event_without_a_time_shares_its_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

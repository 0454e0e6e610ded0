/* SPDX-License-Identifier: MIT */
/* The MongoDB sink against a real server. */
#include <stdio.h>

#include "mongodb_world.h"
#include "unit/cmocka_all.h"

static void
assert_document(struct world *world, const char *filter, const char *expected)
{
    char *text = world_get(world, filter);
    assert_string_equal(text, expected);
    bson_free(text);
}

static void
operations_are_applied_in_order_to_one_document(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"a\": 1}");
    world_add(&world, MST_OP_UPDATE, "{\"_id\": 1, \"a\": 2}");
    world_add(&world, MST_OP_DELETE, "{\"_id\": 1}");
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"a\": 3}");
    world_add(&world, MST_OP_REPLACE, "{\"_id\": 1, \"b\": 4}");
    world_add(&world, MST_OP_READ, "{\"_id\": \"x\", \"z\": null}");
    world_add(&world, MST_OP_DELETE, "{\"_id\": \"never there\"}");
    world_run(&world, 0);
    for (size_t i = 0; i < world.len; i++) {
        assert_int_equal(world.events[i].status, MST_OK);
    }
    assert_document(&world, "{\"_id\": 1}", "{ \"_id\" : 1, \"b\" : 4 }");
    assert_document(&world, "{\"_id\": \"x\"}",
                    "{ \"_id\" : \"x\", \"z\" : null }");
    assert_int_equal(world_count(&world), 2);
    world_clear(&world);
}

static void
a_replay_of_everything_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    for (int i = 0; i < 500; i++) {
        char json[100];
        (void)snprintf(json, sizeof(json), "{\"_id\": %d, \"v\": %d}", i, i);
        world_add(&world, MST_OP_CREATE, json);
    }
    for (int round = 0; round < 3; round++) {
        world_run(&world, 0);
        for (size_t i = 0; i < world.len; i++) {
            assert_int_equal(world.events[i].status, MST_OK);
        }
        assert_int_equal(world_count(&world), 500);
    }
    assert_document(&world, "{\"_id\": 77}", "{ \"_id\" : 77, \"v\" : 77 }");
    world_clear(&world);
}

static bool
not_now(const struct mst_sink_host *host)
{
    (void)host;
    return false;
}

static void
nothing_is_written_while_another_process_may_have_the_job(void **state)
{
    (void)state;
    struct world world;
    struct mst_sink_host host = {.may_write = not_now};
    world_begin(&world);
    world.args.host = &host;
    world_open(&world);
    for (int i = 0; i < 50; i++) {
        char json[100];
        (void)snprintf(json, sizeof(json), "{\"_id\": %d}", i);
        world_add(&world, MST_OP_CREATE, json);
    }
    world_run(&world, 0);
    for (size_t i = 0; i < world.len; i++) {
        assert_int_equal(world.events[i].status, MST_RETRY);
    }
    assert_int_equal(world_count(&world), 0);
    host.may_write = NULL;
    world_run(&world, 0);
    assert_int_equal(world_count(&world), 50);
    world_clear(&world);
}

static void
insert_mode_confirms_replays_and_rejects_other_documents(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world.options.write_mode = MST_MONGOSINK_INSERT;
    world_open(&world);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"a\": 1}");
    world_add(&world, MST_OP_CREATE, "{\"_id\": 2, \"a\": 1}");
    world_run(&world, 0);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"a\": 1}");
    world_add(&world, MST_OP_CREATE, "{\"_id\": 2, \"a\": 2}");
    world_add(&world, MST_OP_CREATE, "{\"_id\": 3, \"a\": 1}");
    world_add(&world, MST_OP_NONE, "{\"no\": \"id\"}");
    world_run(&world, 2);
    assert_int_equal(world.events[2].status, MST_OK);
    assert_int_equal(world.events[3].status, MST_REJECTED);
    assert_non_null(strstr(world.events[3].err.text, "different document"));
    assert_int_equal(world.events[4].status, MST_OK);
    assert_int_equal(world.events[5].status, MST_OK);
    assert_document(&world, "{\"_id\": 2}", "{ \"_id\" : 2, \"a\" : 1 }");
    assert_int_equal(world_count(&world), 4);
    world_clear(&world);
}

static void
one_unique_index_rejects_one_event_and_names_itself(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    char json[300];
    (void)snprintf(json, sizeof(json),
                   "{\"createIndexes\": \"%s\", \"indexes\": [{\"key\": "
                   "{\"mail\": 1}, \"name\": \"mail_1\", \"unique\": true}]}",
                   world.collection);
    world_command(&world, NULL, json);
    world_open(&world);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"mail\": \"a\"}");
    world_run(&world, 0);
    for (int i = 2; i < 40; i++) {
        (void)snprintf(json, sizeof(json), "{\"_id\": %d, \"mail\": \"%s%d\"}",
                       i, i == 20 ? "a\", \"n\": \"" : "b", i);
        world_add(&world, i % 2 == 0 ? MST_OP_CREATE : MST_OP_UPDATE, json);
    }
    world_run(&world, 1);
    for (size_t i = 1; i < world.len; i++) {
        assert_int_equal(world.events[i].status,
                         i == 19 ? MST_REJECTED : MST_OK);
    }
    assert_non_null(strstr(world.events[19].err.text, "'mail_1'"));
    assert_int_equal(world_count(&world), 38);
    world_clear(&world);
}

static void
bytes_that_are_no_document_are_rejected_alone(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    uint8_t broken[64] = {0};
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"s\": \"text\"}");
    struct world_event *bad =
        world_add(&world, MST_OP_CREATE, "{\"_id\": 2, \"s\": \"text\"}");
    world_add(&world, MST_OP_CREATE, "{\"_id\": 3, \"s\": \"text\"}");
    world_add(&world, MST_OP_CREATE, "{\"no\": 1}");
    struct world_event *none = world_add(&world, MST_OP_UPDATE, NULL);
    memcpy(broken, bson_get_data(bad->payload), bad->payload->len);
    broken[bad->payload->len - 10] = 0x7E; /* the string's length is absurd */
    bad->delivery.payload.data = broken;
    world_run(&world, 0);
    assert_int_equal(world.events[0].status, MST_OK);
    assert_int_equal(world.events[1].status, MST_REJECTED);
    assert_int_equal(world.events[2].status, MST_OK);
    assert_int_equal(world.events[3].status, MST_REJECTED);
    assert_non_null(strstr(world.events[3].err.text, "_id"));
    assert_int_equal(none->status, MST_REJECTED);
    assert_int_equal(world_count(&world), 2);
    world_clear(&world);
}

static void
the_largest_document_passes_and_a_larger_one_is_rejected_alone(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    enum { LARGEST = 16 * 1024 * 1024 };
    char *text = malloc(LARGEST + 64);
    memset(text, 'x', LARGEST + 64);
    for (int i = 0; i < 4; i++) {
        struct world_event *event =
            world_add(&world, i < 2 ? MST_OP_CREATE : MST_OP_UPDATE, "{}");
        bson_append_int32(event->payload, "_id", 3, i % 2);
        int left = LARGEST - (int)event->payload->len - 8 + i % 2;
        bson_append_utf8(event->payload, "t", 1, text, left);
        event->delivery.payload =
            mst_slice_of(bson_get_data(event->payload), event->payload->len);
        event->event.payload = event->delivery.payload;
        assert_int_equal(event->payload->len, LARGEST + i % 2);
    }
    free(text);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 7}");
    world_run(&world, 0);
    assert_int_equal(world.events[0].status, MST_OK);
    assert_int_equal(world.events[1].status, MST_REJECTED);
    assert_non_null(strstr(world.events[1].err.text, "16777217"));
    assert_int_equal(world.events[2].status, MST_OK);
    assert_int_equal(world.events[3].status, MST_REJECTED);
    assert_int_equal(world.events[4].status, MST_OK);
    world_clear(&world);
}

static void
change_events_are_replayed_as_deltas(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    static const char *const changes[] = {
        "{\"operationType\":\"insert\",\"documentKey\":{\"_id\":1},"
        "\"fullDocument\":{\"_id\":1,\"a\":{\"b\":1,\"c\":2},"
        "\"l\":[1,2,3,4,5],\"m\":[1,2,3],\"gone\":true}}",
        /* Only truncatedArrays. */
        "{\"operationType\":\"update\",\"documentKey\":{\"_id\":1},"
        "\"updateDescription\":{\"updatedFields\":{},\"removedFields\":[],"
        "\"truncatedArrays\":[{\"field\":\"m\",\"newSize\":0}]}}",
        /* A cut array with an element set in it: no single statement. */
        "{\"operationType\":\"update\",\"documentKey\":{\"_id\":1},"
        "\"updateDescription\":{\"updatedFields\":{\"l.1\":20,\"a.b\":10},"
        "\"removedFields\":[\"gone\",\"a.c\"],"
        "\"truncatedArrays\":[{\"field\":\"l\",\"newSize\":3}]}}",
        "{\"operationType\":\"insert\",\"documentKey\":{\"_id\":2},"
        "\"fullDocument\":{\"_id\":2}}",
        "{\"operationType\":\"delete\",\"documentKey\":{\"_id\":2}}",
        /* Its document never came: the whole one is written. */
        "{\"operationType\":\"update\",\"documentKey\":{\"_id\":3},"
        "\"updateDescription\":{\"updatedFields\":{\"x\":1},"
        "\"removedFields\":[]},\"fullDocument\":{\"_id\":3,\"x\":1,\"y\":2}}",
        /* ... and where there is none, nothing is. */
        "{\"operationType\":\"update\",\"documentKey\":{\"_id\":4},"
        "\"updateDescription\":{\"updatedFields\":{\"x\":1},"
        "\"removedFields\":[]}}",
        "{\"operationType\":\"drop\",\"ns\":{\"db\":\"a\",\"coll\":\"b\"}}",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(changes); i++) {
        world_attribute(world_add(&world, MST_OP_UPDATE, changes[i]), "payload",
                        "change");
    }
    world_run(&world, 0);
    for (size_t i = 0; i < world.len; i++) {
        assert_int_equal(world.events[i].status,
                         i == 7 ? MST_REJECTED : MST_OK);
    }
    assert_document(&world, "{\"_id\": 1}",
                    "{ \"_id\" : 1, \"a\" : { \"b\" : 10 }, \"l\" : [ 1, 20, 3 "
                    "], \"m\" : [  ] }");
    assert_document(&world, "{\"_id\": 3}",
                    "{ \"_id\" : 3, \"x\" : 1, \"y\" : 2 }");
    assert_int_equal(world_count(&world), 2);
    world_clear(&world);
}

/* As a server from 6.1 on says it. */
static void
a_delta_of_fields_with_special_names_is_applied(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    static const char *const changes[] = {
        "{\"operationType\":\"insert\",\"documentKey\":{\"_id\":1},"
        "\"fullDocument\":{\"_id\":1,\"a.b\":1,\"a\":{\"b\":1},"
        "\"$s\":1,\"t\":{\"$u\":1,\"v.w\":{\"x\":1,\"y\":2}},"
        "\"l\":[{\"m.n\":1},{\"m.n\":[1,2,3]}],\"e\":{\"\":0}}}",
        "{\"operationType\":\"update\",\"documentKey\":{\"_id\":1},"
        "\"updateDescription\":{\"updatedFields\":{\"a.b\":2,\"t.v.w.x\":"
        "\"$$ROOT\",\"l.0.m.n\":{\"$o\":1},\"p\":5,\"q.$r\":6,\"e.\":1,"
        "\"l.3.m.n\":4},\"removedFields\":[\"$s\",\"t.$u\",\"t.v.w.y\","
        "\"no.$x\",\"l.9.m.n\"],\"truncatedArrays\":[{\"field\":\"l.1.m.n\","
        "\"newSize\":1}],\"disambiguatedPaths\":{\"a.b\":[\"a.b\"],"
        "\"t.v.w.x\":[\"t\",\"v.w\",\"x\"],\"t.v.w.y\":[\"t\",\"v.w\",\"y\"],"
        "\"l.0.m.n\":[\"l\",0,\"m.n\"],\"l.1.m.n\":[\"l\",1,\"m.n\"],"
        "\"l.3.m.n\":[\"l\",3,\"m.n\"],\"l.9.m.n\":[\"l\",9,\"m.n\"]}}}",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(changes); i++) {
        world_attribute(world_add(&world, MST_OP_UPDATE, changes[i]), "payload",
                        "change");
    }
    world_run(&world, 0);
    for (size_t i = 0; i < world.len; i++) {
        if (world.events[i].status != MST_OK) {
            fail_msg("%zu: %s", i, world.events[i].err.text);
        }
    }
    assert_document(
        &world, "{\"_id\": 1}",
        "{ \"_id\" : 1, \"a.b\" : 2, \"a\" : { \"b\" : 1 }, \"t\" : { "
        "\"v.w\" : { \"x\" : \"$$ROOT\" } }, \"l\" : [ { \"m.n\" : { \"$o\" "
        ": 1 } }, { \"m.n\" : [ 1 ] }, null, { \"m.n\" : 4 } ], \"e\" : { "
        "\"\" : 1 }, \"p\" : 5, \"q\" : { \"$r\" : 6 } }");
    world_clear(&world);
}

static void
a_delta_that_does_not_fit_falls_back_to_the_whole_document(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"a\": 5}");
    world_add(&world, MST_OP_CREATE, "{\"_id\": 2, \"a\": 5}");
    world_run(&world, 0);
    static const char *const full[] = {",\"fullDocument\":{\"_id\":1,\"a\":6}",
                                       ""};
    for (int i = 0; i < 2; i++) {
        char json[400];
        (void)snprintf(json, sizeof(json),
                       "{\"operationType\":\"update\",\"documentKey\":{\"_id\":"
                       "%d},\"updateDescription\":{\"updatedFields\":{\"a.b\":"
                       "1},\"removedFields\":[]}%s}",
                       i + 1, full[i]);
        world_attribute(world_add(&world, MST_OP_UPDATE, json), "payload",
                        "change");
    }
    world_run(&world, 2);
    assert_int_equal(world.events[2].status, MST_OK);
    assert_int_equal(world.events[3].status, MST_REJECTED);
    assert_document(&world, "{\"_id\": 1}", "{ \"_id\" : 1, \"a\" : 6 }");
    assert_document(&world, "{\"_id\": 2}", "{ \"_id\" : 2, \"a\" : 5 }");
    world_clear(&world);
}

static void
names_with_dollars_and_dots_survive_insert_and_replace(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"$a\": 1, \"b.c\": 2}");
    world_run(&world, 0);
    world_add(&world, MST_OP_REPLACE, "{\"$x\": 3, \"_id\": 1, \"b.c\": 4}");
    world_run(&world, 1);
    assert_int_equal(world.events[0].status, MST_OK);
    if (world.events[1].status != MST_OK) {
        fail_msg("%s", world.events[1].err.text);
    }
    assert_document(&world, "{\"_id\": 1}",
                    "{ \"_id\" : 1, \"$x\" : 3, \"b.c\" : 4 }");
    world_clear(&world);
}

static void
with_a_guard_an_older_event_never_wins(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world.options.guard = MST_MONGOSINK_GUARD_POSITION;
    world_open(&world);
    static const struct {
        enum mst_op op;
        const char *json;
        const char *offset;
    } steps[] = {
        {MST_OP_CREATE, "{\"_id\": 1, \"v\": 10}", "10"},
        {MST_OP_UPDATE, "{\"_id\": 1, \"v\": 12}", "12"},
        {MST_OP_UPDATE, "{\"_id\": 1, \"v\": 11}", "11"},
        {MST_OP_CREATE, "{\"_id\": 1, \"v\": 10}", "10"},
        {MST_OP_DELETE, "{\"_id\": 1}", "9"},
        {MST_OP_UPDATE, "{\"_id\": 1, \"v\": 99}", "12"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(steps); i++) {
        struct world_event *event =
            world_add(&world, steps[i].op, steps[i].json);
        world_attribute(event, "topic", "t");
        world_attribute(event, "partition", "0");
        world_attribute(event, "offset", steps[i].offset);
    }
    world_run(&world, 0);
    for (size_t i = 0; i < world.len; i++) {
        assert_int_equal(world.events[i].status, MST_OK);
    }
    assert_document(&world, "{\"_id\": 1}",
                    "{ \"_id\" : 1, \"v\" : 99, \"_mst\" : { \"s\" : \"t/0\", "
                    "\"o\" : 12 } }");
    world_clear(&world);
}

static void
tombstones_delete_by_the_key_as_text(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    static const char *const ids[] = {
        "{\"$oid\": \"65f0a1b2c3d4e5f601234567\"}", "12", "\"abc\"",
        "{\"a\": 1}"};
    static const char *const keys[] = {"65f0a1b2c3d4e5f601234567", "12", "abc",
                                       "{\"a\":{\"$numberInt\":\"1\"}}"};
    world_open(&world);
    for (size_t i = 0; i < MST_ARRAY_SIZE(ids); i++) {
        char json[100];
        (void)snprintf(json, sizeof(json), "{\"_id\": %s}", ids[i]);
        world_add(&world, MST_OP_CREATE, json);
    }
    world_run(&world, 0);
    assert_int_equal(world_count(&world), 4);
    for (size_t i = 0; i < MST_ARRAY_SIZE(ids); i++) {
        struct world_event *event = world_add(&world, MST_OP_DELETE, NULL);
        event->event.key = mst_slice_str(keys[i]);
        event->event.key_kind = MST_KEY_BYTES;
    }
    world_run(&world, 4);
    for (size_t i = 4; i < world.len; i++) {
        assert_int_equal(world.events[i].status, MST_OK);
    }
    assert_int_equal(world_count(&world), 0);
    world_clear(&world);
}

static void
a_lost_connection_gives_everything_back_and_nothing_is_lost(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    struct mst_sink_start start = {0};
    struct mst_error err;
    world_open(&world);
    for (int i = 0; i < 300; i++) {
        char json[100];
        (void)snprintf(json, sizeof(json), "{\"_id\": %d, \"v\": %d}", i % 100,
                       i);
        world_add(&world, MST_OP_UPDATE, json);
    }
    world_command(&world, "admin",
                  "{\"configureFailPoint\": \"failCommand\", \"mode\": "
                  "{\"times\": 4}, \"data\": {\"failCommands\": [\"update\", "
                  "\"insert\"], \"closeConnection\": true, \"appName\": "
                  "\"m\"}}");
    world_run(&world, 0);
    world_command(&world, "admin",
                  "{\"configureFailPoint\": \"failCommand\", \"mode\": "
                  "\"off\"}");
    size_t back = 0;
    for (size_t i = 0; i < world.len; i++) {
        back += world.events[i].status == MST_DISCONNECTED;
        /* Behind one that came back, none of its document may be written. */
        for (size_t j = 0; j < i; j++) {
            if (j % 100 == i % 100
                && world.events[j].status == MST_DISCONNECTED) {
                assert_int_equal(world.events[i].status, MST_DISCONNECTED);
            }
        }
    }
    assert_true(back > 0);
    mst_mongodb_sink.close(world.sink);
    assert_int_equal(mst_mongodb_sink.open(world.sink, &start, &err), MST_OK);
    world_run(&world, 0);
    for (size_t i = 0; i < world.len; i++) {
        assert_int_equal(world.events[i].status, MST_OK);
    }
    assert_document(&world, "{\"_id\": 42}", "{ \"_id\" : 42, \"v\" : 242 }");
    world_clear(&world);
}

static void
a_write_concern_that_fails_gives_back_until_drained(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_open(&world);
    for (int i = 0; i < 100; i++) {
        char json[100];
        (void)snprintf(json, sizeof(json), "{\"_id\": %d, \"v\": %d}", i % 50,
                       i);
        world_add(&world, MST_OP_CREATE, json);
    }
    world_command(&world, "admin",
                  "{\"configureFailPoint\": \"failCommand\", \"mode\": "
                  "{\"times\": 2}, \"data\": {\"failCommands\": "
                  "[\"insert\"], \"writeConcernError\": {\"code\": 64, "
                  "\"errmsg\": \"waiting for replication timed out\"}, "
                  "\"appName\": \"m\"}}");
    world_run(&world, 0);
    world_command(&world, "admin",
                  "{\"configureFailPoint\": \"failCommand\", \"mode\": "
                  "\"off\"}");
    for (size_t i = 0; i < world.len; i++) {
        assert_int_equal(world.events[i].status, MST_RETRY);
    }
    /* world_run has drained: the same lanes write again. */
    world_run(&world, 0);
    for (size_t i = 0; i < world.len; i++) {
        assert_int_equal(world.events[i].status, MST_OK);
    }
    assert_document(&world, "{\"_id\": 7}", "{ \"_id\" : 7, \"v\" : 57 }");
    world_clear(&world);
}

static void
update_mode_sets_the_fields_given(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world.options.write_mode = MST_MONGOSINK_UPDATE;
    world_open(&world);
    world_add(&world, MST_OP_CREATE, "{\"_id\": 1, \"a\": 1, \"b\": 2}");
    world_add(&world, MST_OP_UPDATE, "{\"_id\": 1, \"b\": 3}");
    world_add(&world, MST_OP_UPDATE, "{\"_id\": 2}");
    world_add(&world, MST_OP_DELETE, "{\"_id\": 1}");
    world_run(&world, 0);
    assert_int_equal(world.events[2].status, MST_OK);
    assert_int_equal(world.events[3].status, MST_REJECTED);
    assert_document(&world, "{\"_id\": 1}",
                    "{ \"_id\" : 1, \"a\" : 1, \"b\" : 3 }");
    assert_document(&world, "{\"_id\": 2}", "{ \"_id\" : 2 }");
    world_clear(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_applied_in_order_to_one_document),
        cmocka_unit_test(a_replay_of_everything_changes_nothing),
        cmocka_unit_test(
            insert_mode_confirms_replays_and_rejects_other_documents),
        cmocka_unit_test(one_unique_index_rejects_one_event_and_names_itself),
        cmocka_unit_test(bytes_that_are_no_document_are_rejected_alone),
        cmocka_unit_test(
            the_largest_document_passes_and_a_larger_one_is_rejected_alone),
        cmocka_unit_test(change_events_are_replayed_as_deltas),
        cmocka_unit_test(a_delta_of_fields_with_special_names_is_applied),
        cmocka_unit_test(
            a_delta_that_does_not_fit_falls_back_to_the_whole_document),
        cmocka_unit_test(
            names_with_dollars_and_dots_survive_insert_and_replace),
        cmocka_unit_test(with_a_guard_an_older_event_never_wins),
        cmocka_unit_test(tombstones_delete_by_the_key_as_text),
        cmocka_unit_test(
            a_lost_connection_gives_everything_back_and_nothing_is_lost),
        cmocka_unit_test(a_write_concern_that_fails_gives_back_until_drained),
        cmocka_unit_test(
            nothing_is_written_while_another_process_may_have_the_job),
        cmocka_unit_test(update_mode_sets_the_fields_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

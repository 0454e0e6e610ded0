/* SPDX-License-Identifier: MIT */
/* Entries of the oplog as the events of a change stream. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "base/macros.h"
#include "sources/mongodb/oplog/unwind.h"
#include "unit/sources/oplog_case.h"

enum { TEST_DB = 1U << 0, TEST_EXPANDED = 1U << 1, TEST_AMBIGUOUS = 1U << 2 };

struct entry_case {
    const char *name;
    unsigned flags;
    const char *entry; /* without ts, v, wall */
    const char *event; /* behind _id, NULL: none */
    const char *token; /* _id._data, NULL: not looked at */
};

#define HEAD    "{\"_id\":%s,\"operationType\":"
#define CLUSTER ",\"clusterTime\":" TS
#define WHEN    ",\"wallTime\":" WALL
#define COLL    ",\"ns\":{\"db\":\"d\",\"coll\":\"c\"}"
static const struct entry_case cases[] = {
    {"insert", 0,
     ENTRY("i", "d.c", "\"o\":{\"_id\":3,\"a\":1},\"o2\":{\"_id\":3}"),
     HEAD "\"insert\"" CLUSTER WHEN ",\"fullDocument\":{\"_id\":3,\"a\":1}" COLL
          ",\"documentKey\":{\"_id\":3}}",
     "8200000064000000032B022C0100296E5A10048D4FDA595FC34BDDBF6B762D710B3B72"
     "461E5F6964002B060004"},
    {"insert before 5.3 has no o2", 0,
     ENTRY("i", "d.c", "\"o\":{\"_id\":3,\"a\":1}"),
     HEAD "\"insert\"" CLUSTER WHEN ",\"fullDocument\":{\"_id\":3,\"a\":1}" COLL
          ",\"documentKey\":{\"_id\":3}}",
     NULL},
    {"an insert of no key", 0, ENTRY("i", "d.c", "\"o\":{\"a\":3}"), "", NULL},
    {"insert of another collection", 0,
     ENTRY("i", "d.cc", "\"o\":{\"_id\":3},\"o2\":{\"_id\":3}"), NULL, NULL},
    {"insert of another database", TEST_DB,
     ENTRY("i", "dd.c", "\"o\":{\"_id\":3},\"o2\":{\"_id\":3}"), NULL, NULL},
    {"system collections are hidden", TEST_DB,
     ENTRY("i", "d.system.buckets.c", "\"o\":{\"_id\":3},\"o2\":{\"_id\":3}"),
     NULL, NULL},
    {"migrations are hidden", 0,
     ENTRY("i", "d.c",
           "\"o\":{\"_id\":3},\"o2\":{\"_id\":3},\"fromMigrate\":true"),
     NULL, NULL},
    {"a no-op may have a document of the user's", 0,
     ENTRY("n", "d.c", "\"o\":{\"_id\":3},\"o2\":{\"_id\":3}"), NULL, NULL},
    {"an unknown operation", 0,
     ENTRY("km", "d.c", "\"o\":{\"_id\":3},\"o2\":{\"_id\":3}"), NULL, NULL},
    {"update", 0,
     ENTRY(
         "u", "d.c",
         "\"o\":{\"$v\":2,\"diff\":{\"u\":{\"a\":2}}},\"o2\":{\"_id\":\"x\"}"),
     HEAD "\"update\"" CLUSTER WHEN ",\"fullDocument\":null" COLL
          ",\"documentKey\":{\"_id\":\"x\"},\"updateDescription\":{"
          "\"updatedFields\":{\"a\":2},\"removedFields\":[],"
          "\"truncatedArrays\":[]}}",
     "8200000064000000032B022C0100296E5A10048D4FDA595FC34BDDBF6B762D710B3B72"
     "463C5F6964003C7800000"
     "4"},
    {"expanded update", TEST_EXPANDED | TEST_AMBIGUOUS,
     ENTRY("u", "d.c",
           "\"o\":{\"$v\":2,\"diff\":{\"u\":{\"a.b\":2}}},\"o2\":{\"_id\":3}"),
     HEAD "\"update\"" CLUSTER ",\"collectionUUID\":" UUID WHEN
          ",\"fullDocument\":null" COLL
          ",\"documentKey\":{\"_id\":3},\"updateDescription\":{"
          "\"updatedFields\":{\"a.b\":2},\"removedFields\":[],"
          "\"truncatedArrays\":[],"
          "\"disambiguatedPaths\":{\"a.b\":[\"a.b\"]}}}",
     NULL},
    {"replace", 0,
     ENTRY("u", "d.c", "\"o\":{\"_id\":3,\"b\":1},\"o2\":{\"_id\":3}"),
     HEAD "\"replace\"" CLUSTER WHEN
          ",\"fullDocument\":{\"_id\":3,\"b\":1}" COLL
          ",\"documentKey\":{\"_id\":3}}",
     NULL},
    {"delete", 0, ENTRY("d", "d.c", "\"o\":{\"_id\":3}"),
     HEAD "\"delete\"" CLUSTER WHEN COLL ",\"documentKey\":{\"_id\":3}}", NULL},
    {"an update of an older form", 0,
     ENTRY("u", "d.c",
           "\"o\":{\"$v\":1,\"$set\":{\"a\":1}},\"o2\":{\"_id\":3}"),
     "", NULL},
    {"an update that is none", 0,
     ENTRY("u", "d.c", "\"o\":{\"a\":1},\"o2\":{\"_id\":3}"), "", NULL},
    {"a diff that is none", TEST_EXPANDED,
     ENTRY("u", "d.c",
           "\"o\":{\"$v\":2,\"diff\":{\"q\":1}},\"o2\":{\"_id\":3}"),
     "", NULL},
    {"drop", 0,
     ENTRY("c", "d.$cmd", "\"o\":{\"drop\":\"c\"},\"o2\":{\"numRecords\":1}"),
     HEAD "\"drop\"" CLUSTER WHEN COLL "}",
     "8200000064000000032B022C0100296E5A10048D4FDA595FC34BDDBF6B762D710B3B720"
     "4"},
    {"drop of another collection", 0,
     ENTRY("c", "d.$cmd", "\"o\":{\"drop\":\"b\"}"), NULL, NULL},
    {"rename away", TEST_EXPANDED,
     ENTRY("c", "d.$cmd",
           "\"o\":{\"renameCollection\":\"d.c\",\"to\":\"d.e\","
           "\"stayTemp\":false}"),
     "{\"to\":{\"db\":\"d\",\"coll\":\"e\"},\"_id\":%s,\"operationType\":"
     "\"rename\"" CLUSTER ",\"collectionUUID\":" UUID WHEN COLL
     ",\"operationDescription\":{\"to\":{\"db\":\"d\",\"coll\":\"e\"}}}",
     "8200000064000000032B022C0100296E5A10048D4FDA595FC34BDDBF6B762D710B3B720"
     "4"},
    {"rename onto", 0,
     ENTRY("c", "d.$cmd",
           "\"o\":{\"renameCollection\":\"d.x\",\"to\":\"d.c\","
           "\"stayTemp\":false,\"dropTarget\":" UUID "}"),
     "{\"to\":{\"db\":\"d\",\"coll\":\"c\"},\"_id\":%s,\"operationType\":"
     "\"rename\"" CLUSTER WHEN ",\"ns\":{\"db\":\"d\",\"coll\":\"x\"}}",
     NULL},
    {"dropDatabase", TEST_DB,
     "{\"op\":\"c\",\"ns\":\"d.$cmd\",\"o\":{\"dropDatabase\":1}" END,
     HEAD "\"dropDatabase\"" CLUSTER WHEN ",\"ns\":{\"db\":\"d\"}}",
     "8200000064000000032B022C0100296E04"},
    {"dropDatabase is not the collection's", 0,
     "{\"op\":\"c\",\"ns\":\"d.$cmd\",\"o\":{\"dropDatabase\":1}" END, NULL,
     NULL},
    {"create is expanded", 0,
     ENTRY("c", "d.$cmd", "\"o\":{\"create\":\"c\",\"capped\":true}"), NULL,
     NULL},
    {"create", TEST_EXPANDED,
     ENTRY("c", "d.$cmd", "\"o\":{\"create\":\"c\",\"n\":\"x\"}"),
     HEAD "\"create\"" CLUSTER ",\"collectionUUID\":" UUID WHEN COLL
          ",\"operationDescription\":{\"n\":\"x\"}}",
     "8200000064000000032B022C0100296E5A10048D4FDA595FC34BDDBF6B762D710B3B72"
     "463C6F7065726174696F6E54797065003C6372656174650046"
     "6F7065726174696F6E4465736372697074696F6E00463C6E003C7800000004"},
    {"createIndexes of an empty collection", TEST_EXPANDED,
     ENTRY("c", "d.$cmd",
           "\"o\":{\"createIndexes\":\"c\",\"v\":2,\"name\":\"a_1\"}"),
     HEAD
     "\"createIndexes\"" CLUSTER ",\"collectionUUID\":" UUID WHEN COLL
     ",\"operationDescription\":{\"indexes\":[{\"v\":2,\"name\":\"a_1\"}]}}",
     NULL},
    {"an index build begins unseen", TEST_EXPANDED,
     ENTRY("c", "d.$cmd", "\"o\":{\"startIndexBuild\":\"c\",\"indexes\":[]}"),
     NULL, NULL},
    {"an index build ends", TEST_EXPANDED,
     ENTRY("c", "d.$cmd",
           "\"o\":{\"commitIndexBuild\":\"c\",\"indexes\":[{\"v\":2}]}"),
     HEAD "\"createIndexes\"" CLUSTER ",\"collectionUUID\":" UUID WHEN COLL
          ",\"operationDescription\":{\"indexes\":[{\"v\":2}]}}",
     NULL},
    {"dropIndexes", TEST_EXPANDED,
     ENTRY("c", "d.$cmd",
           "\"o\":{\"dropIndexes\":\"c\",\"index\":\"a_1\"},\"o2\":{\"v\":2}"),
     HEAD "\"dropIndexes\"" CLUSTER ",\"collectionUUID\":" UUID WHEN COLL
          ",\"operationDescription\":{\"indexes\":[{\"v\":2}]}}",
     NULL},
    {"collMod", TEST_EXPANDED,
     ENTRY("c", "d.$cmd",
           "\"o\":{\"collMod\":\"c\",\"x\":1},\"o2\":{\"collectionOptions_"
           "old\":{\"y\":2}}"),
     HEAD "\"modify\"" CLUSTER ",\"collectionUUID\":" UUID WHEN COLL
          ",\"operationDescription\":{\"x\":1},\"stateBeforeChange\":{"
          "\"collectionOptions\":{\"y\":2}}}",
     NULL},
    {"a view is made", TEST_DB | TEST_EXPANDED,
     ENTRY("i", "d.system.views",
           "\"o\":{\"_id\":\"d.v\",\"viewOn\":\"c\"},\"o2\":{\"_id\":\"d.v\"}"),
     HEAD "\"create\"" CLUSTER WHEN ",\"ns\":{\"db\":\"d\",\"coll\":\"v\"}"
          ",\"operationDescription\":{\"viewOn\":\"c\"}}",
     "8200000064000000032B022C0100296E5A10048D4FDA595FC34BDDBF6B762D710B3B72"
     "463C6F7065726174696F6E54797065003C6372656174650046"
     "6F7065726174696F6E4465736372697074696F6E00463C766965774F6E003C630000"
     "0004"},
    {"a command that is not known", TEST_EXPANDED,
     ENTRY("c", "d.$cmd", "\"o\":{\"emptycapped\":\"c\"}"), NULL, NULL},
    {"a command of no name", TEST_EXPANDED,
     ENTRY("c", "d.$cmd", "\"o\":{\"drop\":7}"), NULL, NULL},
};

static void
fixture_init(struct oplog_case *fixture, unsigned flags)
{
    const struct mst_oplog_rules rules = {
        .token_version = MST_OPLOG_TOKEN_V1,
        .ambiguous = (flags & TEST_AMBIGUOUS) != 0,
    };
    oplog_case_init(fixture, rules, (flags & TEST_DB) != 0,
                    (flags & TEST_EXPANDED) != 0);
}

static void
check_event(const struct entry_case *one, struct mst_slice got)
{
    bson_t event;
    bson_iter_t iter;
    bson_iter_t data;
    char token[700] = "";
    char json[2048];
    assert_true(bson_init_static(&event, got.data, got.len));
    assert_true(bson_iter_init_find(&iter, &event, "_id")
                && bson_iter_recurse(&iter, &data)
                && bson_iter_find(&data, "_data"));
    const char *text = bson_iter_utf8(&data, NULL);
    if (one->token != NULL) {
        assert_string_equal(text, one->token);
    }
    (void)snprintf(token, sizeof(token), "{\"_data\":\"%s\"}", text);
    const char *hole = strstr(one->event, "%s");
    assert_non_null(hole);
    (void)snprintf(json, sizeof(json), "%.*s%s%s", (int)(hole - one->event),
                   one->event, token, hole + 2);
    bson_t *expected = bson_case(json);
    char *is = bson_as_canonical_extended_json(&event, NULL);
    char *must = bson_as_canonical_extended_json(expected, NULL);
    if (strcmp(is, must) != 0) {
        fail_msg("%s: %s is not %s", one->name, is, must);
    }
    bson_free(is);
    bson_free(must);
    bson_destroy(expected);
}

static void
entry_becomes_the_event_of_a_change_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct oplog_case fixture;
        struct mst_oplog_entry entry;
        struct mst_oplog_change change;
        struct mst_error err;
        mst_error_clear(&err);
        fixture_init(&fixture, cases[i].flags);
        bson_t *doc = bson_case(cases[i].entry);
        assert_int_equal(
            mst_oplog_entry_parse(bson_case_bytes(doc), &entry, NULL), MST_OK);
        const struct mst_oplog_commit commit = {.time = entry.time,
                                                .wall_ms = entry.wall_ms};
        enum mst_status status =
            mst_oplog_map(&fixture.map, &entry, &commit, &change, &err);
        enum mst_status expected = MST_AGAIN;
        if (cases[i].event != NULL) {
            expected = cases[i].event[0] == '\0' ? MST_FATAL : MST_OK;
        }
        if (status != expected) {
            fail_msg("%s: %s", cases[i].name, mst_status_name(status));
        }
        assert_int_equal(err.text[0] != '\0', status == MST_FATAL);
        if (status == MST_OK) {
            assert_int_equal(
                mst_oplog_render(&fixture.render, &fixture.map.rules,
                                 (cases[i].flags & TEST_EXPANDED) != 0, &change,
                                 NULL),
                MST_OK);
            check_event(&cases[i], mst_buf_slice(&fixture.render.out));
        }
        bson_destroy(doc);
        oplog_case_clear(&fixture);
    }
}

static void
the_end_of_a_namespace_is_told(void **state)
{
    (void)state;
    static const struct {
        unsigned flags;
        const char *command;
        bool invalidates;
    } ends[] = {
        {0, "{\"drop\":\"c\"}", true},
        {TEST_DB, "{\"drop\":\"c\"}", false},
        {0, "{\"renameCollection\":\"d.c\",\"to\":\"d.x\"}", true},
        {0, "{\"renameCollection\":\"d.x\",\"to\":\"d.c\"}", true},
        {TEST_DB, "{\"renameCollection\":\"d.x\",\"to\":\"d.c\"}", false},
        {TEST_DB, "{\"dropDatabase\":1}", true},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(ends); i++) {
        struct oplog_case fixture;
        struct mst_oplog_entry entry = {.op = 'c'};
        struct mst_oplog_commit commit = {.time = {1, 1}};
        struct mst_oplog_change change;
        fixture_init(&fixture, ends[i].flags);
        bson_t *doc = bson_case(ends[i].command);
        entry.ns = MST_SLICE_LIT("d.$cmd");
        entry.o = bson_case_bytes(doc);
        assert_int_equal(
            mst_oplog_map(&fixture.map, &entry, &commit, &change, NULL),
            MST_OK);
        assert_int_equal(change.invalidates, ends[i].invalidates);
        bson_destroy(doc);
        oplog_case_clear(&fixture);
    }
}

static void
commands_of_transactions_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *o;
        enum mst_oplog_command command;
    } commands[] = {
        {"{\"applyOps\":[]}", MST_OPLOG_OPERATIONS},
        {"{\"applyOps\":[],\"count\":3}", MST_OPLOG_OPERATIONS},
        {"{\"applyOps\":[],\"partialTxn\":true}", MST_OPLOG_PART},
        {"{\"applyOps\":[],\"prepare\":true}", MST_OPLOG_PART},
        {"{\"commitTransaction\":1}", MST_OPLOG_COMMIT},
        {"{\"abortTransaction\":1}", MST_OPLOG_ABORT},
        {"{\"drop\":\"c\"}", MST_OPLOG_DDL},
        {"{}", MST_OPLOG_DDL},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(commands); i++) {
        bson_t *doc = bson_case(commands[i].o);
        struct mst_oplog_entry entry = {.op = 'c', .o = bson_case_bytes(doc)};
        struct mst_slice array;
        assert_int_equal(mst_oplog_entry_command(&entry), commands[i].command);
        assert_int_equal(mst_oplog_entry_operations(&entry, &array),
                         strstr(commands[i].o, "applyOps") != NULL);
        bson_destroy(doc);
    }
}

/* A transaction in one entry: its session and number go to each of its
 * operations, which count from 0, also those that nobody wants. */
static void
operations_of_a_transaction_are_numbered(void **state)
{
    (void)state;
    bson_t *doc = bson_case(
        "{\"lsid\":{\"id\":7},\"txnNumber\":{\"$numberLong\":\"5\"},"
        "\"op\":\"c\",\"ns\":\"admin.$cmd\",\"o\":{\"applyOps\":["
        "{\"op\":\"i\",\"ns\":\"d.other\",\"ui\":" UUID
        ",\"o\":{\"_id\":1},\"o2\":{\"_id\":1}},"
        "{\"op\":\"d\",\"ns\":\"d.c\",\"ui\":" UUID ",\"o\":{\"_id\":2}}]},"
        "\"prevOpTime\":{\"ts\":{\"$timestamp\":{\"t\":0,\"i\":0}},\"t\":{\"$"
        "numberLong\":\"-1\"}}" END);
    struct oplog_case fixture;
    struct mst_oplog_entry entry;
    struct mst_oplog_entry operation;
    struct mst_oplog_commit commit;
    struct mst_oplog_change change;
    struct mst_oplog_unwind unwind = {.active = false};
    struct mst_mongo_failure failure;
    fixture_init(&fixture, 0);
    assert_int_equal(mst_oplog_entry_parse(bson_case_bytes(doc), &entry, NULL),
                     MST_OK);
    assert_int_equal(mst_oplog_unwind_begin(&unwind, NULL, &entry, &failure),
                     MST_OK);
    assert_int_equal(mst_oplog_unwind_next(&unwind, &operation, &commit),
                     MST_END);
    assert_int_equal(mst_oplog_unwind_part(&unwind, NULL, &failure), MST_OK);
    assert_int_equal(mst_oplog_unwind_next(&unwind, &operation, &commit),
                     MST_OK);
    assert_int_equal(
        mst_oplog_map(&fixture.map, &operation, &commit, &change, NULL),
        MST_AGAIN);
    assert_int_equal(mst_oplog_unwind_next(&unwind, &operation, &commit),
                     MST_OK);
    assert_int_equal(
        mst_oplog_map(&fixture.map, &operation, &commit, &change, NULL),
        MST_OK);
    assert_int_equal(change.commit.index, 1);
    assert_int_equal(change.change.kind, MST_MONGO_DELETE);
    assert_int_equal(change.change.seconds, 100);
    assert_int_equal(change.change.wall_ms, 99123);
    assert_int_equal(change.change.txn_number, 5);
    assert_non_null(change.change.lsid.data);
    assert_int_equal(mst_oplog_unwind_next(&unwind, &operation, &commit),
                     MST_END);
    assert_int_equal(mst_oplog_unwind_part(&unwind, NULL, &failure), MST_END);
    assert_false(unwind.active);
    mst_oplog_unwind_clear(&unwind);
    oplog_case_clear(&fixture);
    bson_destroy(doc);
}

static void
globs_and_lists_choose_collections(void **state)
{
    (void)state;
    static const struct {
        const char *glob;
        const char *name;
        bool wanted;
    } globs[] = {
        {"b*", "b.c", true},
        {"b*", "ab", false},
        {"*", "x", true},
        {"*", "system.views", false},
        {"*", "$cmd", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a?c",
         "a\xC3\xBC"
         "c",
         true},
        {"*a*b", "xaxxb", true},
        {"*a*b", "xaxxbc", false},
        {"a", "a", true},
        {"a", "ab", false},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(globs); i++) {
        union {
            const char *in;
            char *out;
        } name = {.in = globs[i].glob};
        char *names[] = {name.out};
        struct oplog_case fixture;
        fixture_init(&fixture, TEST_DB);
        fixture.options.collections =
            (struct mst_strings){.items = names, .len = 1};
        assert_int_equal(mst_oplog_scope_wants_name(
                             &fixture.map.scope, mst_slice_str(globs[i].name)),
                         globs[i].wanted);
        oplog_case_clear(&fixture);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_becomes_the_event_of_a_change_stream),
        cmocka_unit_test(the_end_of_a_namespace_is_told),
        cmocka_unit_test(commands_of_transactions_are_told_apart),
        cmocka_unit_test(operations_of_a_transaction_are_numbered),
        cmocka_unit_test(globs_and_lists_choose_collections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

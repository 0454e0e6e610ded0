/* SPDX-License-Identifier: MIT */
/* Entries as servers after 6.0 are known to write them, beside the events that
 * their change streams should show; also where memory runs out. They were put
 * together from what is published of those servers: none was at hand. */
#include "unit/cmocka_all.h"

#include "base/macros.h"
#include "sources/mongodb/oplog/unwind.h"
#include "support/alloc_fail.h"
#include "unit/sources/oplog_case.h"

#define NO_PREVIOUS                                                            \
    ",\"prevOpTime\":{\"ts\":{\"$timestamp\":{\"t\":0,\"i\":0}},"              \
    "\"t\":{\"$numberLong\":\"-1\"}}"
#define SESSION "\"lsid\":{\"id\":7},\"txnNumber\":{\"$numberLong\":\"5\"},"
#define OPS(session, list, rest)                                               \
    "{" session                                                                \
    "\"op\":\"c\",\"ns\":\"admin.$cmd\",\"o\":{\"applyOps\":[" list            \
    "]}" rest END
#define ITEM(op, ns, rest)                                                     \
    "{\"op\":\"" op "\",\"ns\":\"" ns "\",\"ui\":" UUID "," rest "}"
#define INSERT(id)                                                             \
    ITEM("i", "d.c",                                                           \
         "\"o\":{\"_id\":" #id "},\"o2\":{\"_id\":" #id "},\"stmtId\":0")
#define EVENT(kind)                                                            \
    "\"operationType\":\"" kind "\",\"clusterTime\":" TS ",\"wallTime\":" WALL
#define WIDE(kind)                                                             \
    "\"operationType\":\"" kind "\",\"clusterTime\":" TS                       \
    ",\"collectionUUID\":" UUID ",\"wallTime\":" WALL
#define IN(coll) ",\"ns\":{\"db\":\"d\",\"coll\":\"" coll "\"}"

enum { EVENTS_MAX = 3, ALLOCATIONS_MAX = 10000 };

/* Identifiers of tokens of version 2, {operationType, documentKey | ...}. */
#define TOKEN     "8200000064000000032B042C0100"
#define TOKEN_UI  "6E5A10048D4FDA595FC34BDDBF6B762D710B3B7246"
#define TOKEN_INS "3C6F7065726174696F6E54797065003C696E736572740046646F63756D"
#define TOKEN_KEY "656E744B657900461E5F6964002B"

struct newer_case {
    const char *name;
    int64_t wire;
    bool database;
    bool expanded;
    const char *entry;
    /* Without _id; NULL: no more. */
    const char *events[EVENTS_MAX];
    const char *token; /* of the last event; NULL: not looked at */
};

static const struct newer_case cases[] = {
    {"operations outside of transactions are not shown by 6.0",
     MST_OPLOG_WIRE_6_0,
     false,
     false,
     OPS("", INSERT(1) "," INSERT(2), NO_PREVIOUS),
     {NULL},
     NULL},
    {"they are by 6.1",
     MST_OPLOG_WIRE_6_1,
     false,
     false,
     OPS("", INSERT(1) "," INSERT(2), NO_PREVIOUS),
     {"{" EVENT("insert") ",\"fullDocument\":{\"_id\":1}" IN(
          "c") ",\"documentKey\":{\"_id\":1}}",
      "{" EVENT("insert") ",\"fullDocument\":{\"_id\":2}" IN(
          "c") ",\"documentKey\":{\"_id\":2}}"},
     "8200000064000000032B022C01002B026E5A10048D4FDA595FC34BDDBF6B762D7"
     "10B3B72"
     "461E5F6964002B040004"},
    {"deletes in a batch have no transaction's number",
     MST_OPLOG_WIRE_7_0,
     false,
     false,
     OPS("\"lsid\":{\"id\":7},",
         ITEM("d", "d.c", "\"o\":{\"_id\":1}") "," ITEM(
             "d", "d.other", "\"o\":{\"_id\":8}") "," ITEM("d", "d.c",
                                                           "\"o\":{\"_id\":2}"),
         ""),
     {"{\"lsid\":{\"id\":7}," EVENT("delete")
          IN("c") ",\"documentKey\":{\"_id\":1}}",
      "{\"lsid\":{\"id\":7}," EVENT("delete")
          IN("c") ",\"documentKey\":{\"_id\":2}}"},
     NULL},
    {"a vectored insert is no transaction",
     MST_OPLOG_WIRE_8_0,
     false,
     false,
     OPS(SESSION, INSERT(1) "," INSERT(2),
         ",\"prevOpTime\":{\"ts\":{\"$timestamp\":{\"t\":100,\"i\":1}},"
         "\"t\":"
         "{\"$numberLong\":\"1\"}},\"multiOpType\":1"),
     {"{" EVENT("insert") ",\"fullDocument\":{\"_id\":1}" IN(
          "c") ",\"documentKey\":{\"_id\":1}}",
      "{" EVENT("insert") ",\"fullDocument\":{\"_id\":2}" IN(
          "c") ",\"documentKey\":{\"_id\":2}}"},
     TOKEN "2B02" TOKEN_UI TOKEN_INS TOKEN_KEY "04000004"},
    {"a transaction shows its session",
     MST_OPLOG_WIRE_8_0,
     false,
     false,
     OPS(SESSION, INSERT(1), NO_PREVIOUS),
     {"{\"txnNumber\":{\"$numberLong\":\"5\"},\"lsid\":{\"id\":7}"
      "," EVENT("insert") ",\"fullDocument\":{\"_id\":1}" IN(
          "c") ",\"documentKey\":{\"_id\":1}}"},
     TOKEN "29" TOKEN_UI TOKEN_INS TOKEN_KEY "02000004"},
    {"upserts and records' numbers do not matter",
     MST_OPLOG_WIRE_8_0,
     false,
     false,
     ENTRY("i", "d.c",
           "\"o\":{\"_id\":1},\"o2\":{\"_id\":1},\"b\":true,\"rid\":{\"$"
           "numberLong\":\"9\"},\"versionContext\":{\"OFCV\":\"8.0\"}"),
     {"{" EVENT("insert") ",\"fullDocument\":{\"_id\":1}" IN(
         "c") ",\"documentKey\":{\"_id\":1}}"},
     NULL},
    {"operations of containers are no changes",
     MST_OPLOG_WIRE_8_2,
     true,
     true,
     ENTRY("ci", "d.c", "\"o\":{\"k\":1,\"v\":2}"),
     {NULL},
     NULL},
    {"a key of materials",
     MST_OPLOG_WIRE_8_2,
     true,
     true,
     ENTRY("km", "d.c", "\"o\":{\"_id\":1}"),
     {NULL},
     NULL},
    {"measurements are hidden",
     MST_OPLOG_WIRE_8_2,
     true,
     true,
     ENTRY("i", "d.c",
           "\"o\":{\"_id\":1},\"o2\":{\"_id\":1},\"isTimeseries\":true"),
     {NULL},
     NULL},
    {"measurements in a batch too",
     MST_OPLOG_WIRE_8_2,
     true,
     false,
     OPS("",
         ITEM("i", "d.c",
              "\"o\":{\"_id\":1},\"o2\":{\"_id\":1},\"isTimeseries\":"
              "true") "," INSERT(2),
         ""),
     {"{" EVENT("insert") ",\"fullDocument\":{\"_id\":2}" IN(
         "c") ",\"documentKey\":{\"_id\":2}}"},
     TOKEN "2B02" TOKEN_UI TOKEN_INS TOKEN_KEY "04000004"},
    {"a diff of binary pieces",
     MST_OPLOG_WIRE_8_0,
     false,
     true,
     ENTRY("u", "d.c",
           "\"o\":{\"$v\":2,\"diff\":{\"sx\":{\"u\":{\"0\":1},\"b\":{"
           "\"y\":2}}}"
           "},\"o2\":{\"_id\":1}"),
     {"{" WIDE("update") ",\"fullDocument\":null" IN(
         "c") ",\"documentKey\":{\"_id\":1},\"updateDescription\":{"
              "\"updatedFields\":{\"x.0\":1,\"x.y\":2},"
              "\"removedFields\":[],"
              "\"truncatedArrays\":[],\"disambiguatedPaths\":{\"x.0\":["
              "\"x\","
              "\"0\"]}}}"},
     NULL},
    {"paths are not shown without expanded events",
     MST_OPLOG_WIRE_8_0,
     false,
     false,
     ENTRY("u", "d.c",
           "\"o\":{\"$v\":2,\"diff\":{\"u\":{\"a.b\":1}}},\"o2\":{\"_"
           "id\":1}"),
     {"{" EVENT("update") ",\"fullDocument\":null" IN(
         "c") ",\"documentKey\":{\"_id\":1},\"updateDescription\":{"
              "\"updatedFields\":{\"a.b\":1},\"removedFields\":[],"
              "\"truncatedArrays\":[]}}"},
     NULL},
    {"8.0 tells no type of what is created",
     MST_OPLOG_WIRE_8_0,
     false,
     true,
     ENTRY("c", "d.$cmd", "\"o\":{\"create\":\"c\",\"n\":1}"),
     {"{" WIDE("create") IN("c") ",\"operationDescription\":{\"n\":1}}"},
     NULL},
    {"8.1 does",
     MST_OPLOG_WIRE_8_1,
     false,
     true,
     ENTRY("c", "d.$cmd", "\"o\":{\"create\":\"c\",\"n\":1}"),
     {"{" WIDE("create") IN("c") ",\"operationDescription\":{\"n\":1},"
                                 "\"nsType\":\"collection\"}"},
     NULL},
    {"of a view",
     MST_OPLOG_WIRE_8_1,
     true,
     true,
     ENTRY("i", "d.system.views",
           "\"o\":{\"_id\":\"d.v\",\"viewOn\":\"c\"},\"o2\":{\"_id\":"
           "\"d.v\"}"),
     {"{" EVENT("create")
          IN("v") ",\"operationDescription\":{\"viewOn\":\"c\"},"
                  "\"nsType\":\"view\"}"},
     NULL},
    {"of a time-series collection",
     MST_OPLOG_WIRE_8_1,
     true,
     true,
     ENTRY("i", "d.system.views",
           "\"o\":{\"_id\":\"d.v\",\"viewOn\":\"system.buckets.v\"},"
           "\"o2\":{\"_id\":\"d.v\"}"),
     {"{" EVENT("create") IN("v") ",\"operationDescription\":{"
                                  "\"viewOn\":\"system.buckets.v\"},"
                                  "\"nsType\":\"timeseries\"}"},
     NULL},
    {"a drop names its kind in the token",
     MST_OPLOG_WIRE_7_0,
     true,
     false,
     ENTRY("c", "d.$cmd", "\"o\":{\"drop\":\"c\"}"),
     {"{" EVENT("drop") IN("c") "}"},
     TOKEN "29" TOKEN_UI "3C6F7065726174696F6E54797065003C64726F70000004"},
    {"a database has no UUID",
     MST_OPLOG_WIRE_7_0,
     true,
     false,
     "{\"op\":\"c\",\"ns\":\"d.$cmd\",\"o\":{\"dropDatabase\":1}" END,
     {"{" EVENT("dropDatabase") ",\"ns\":{\"db\":\"d\"}}"},
     TOKEN "29"
           "6E14463C6F7065726174696F6E54797065003C64726F704461746162617365"
           "000004"},
    {"a rename's token holds where to, also where the event does not",
     MST_OPLOG_WIRE_7_0,
     true,
     false,
     ENTRY("c", "d.$cmd",
           "\"o\":{\"renameCollection\":\"d.c\",\"to\":\"d.e\","
           "\"stayTemp\":false}"),
     {"{\"to\":{\"db\":\"d\",\"coll\":\"e\"}," EVENT("rename") IN("c") "}"},
     TOKEN "29" TOKEN_UI
           "3C6F7065726174696F6E54797065003C72656E616D6500466F706572617469"
           "6F6E4465736372697074696F6E004646746F00463C6462003C6400"
           "3C636F6C6C003C650000000004"},
};

/* --- from entries to events ---------------------------------------------- */

struct fixture {
    struct oplog_case oplog;
    bson_t *events[EVENTS_MAX + 1];
    size_t len;
};

static void
fixture_init(struct fixture *fixture, const struct newer_case *one)
{
    struct mst_oplog_rules rules;
    assert_true(mst_oplog_rules_of(one->wire, 0, &rules));
    oplog_case_init(&fixture->oplog, rules, one->database, one->expanded);
    fixture->len = 0;
}

static void
fixture_clear(struct fixture *fixture)
{
    oplog_case_clear(&fixture->oplog);
    for (size_t i = 0; i < fixture->len; i++) {
        bson_destroy(fixture->events[i]);
    }
}

static enum mst_status
show(struct fixture *fixture, const struct mst_oplog_entry *entry,
     const struct mst_oplog_commit *commit)
{
    struct mst_oplog_change change;
    enum mst_status status =
        mst_oplog_map(&fixture->oplog.map, entry, commit, &change, NULL);
    if (status == MST_OK) {
        status =
            mst_oplog_render(&fixture->oplog.render, &fixture->oplog.map.rules,
                             fixture->oplog.map.scope.expanded, &change, NULL);
    } else if (status == MST_AGAIN) {
        return MST_OK;
    }
    if (status == MST_OK) {
        assert_true(fixture->len <= EVENTS_MAX);
        fixture->events[fixture->len++] = bson_new_from_data(
            fixture->oplog.render.out.data, fixture->oplog.render.out.len);
    }
    return status;
}

static enum mst_status
show_operations(struct fixture *fixture, const struct mst_oplog_entry *entry)
{
    struct mst_oplog_unwind unwind = {.active = false};
    struct mst_mongo_failure failure;
    struct mst_oplog_entry operation;
    struct mst_oplog_commit commit;
    if (!mst_oplog_unwind_shows(&fixture->oplog.map.rules, entry)) {
        return MST_OK;
    }
    enum mst_status status =
        mst_oplog_unwind_begin(&unwind, NULL, entry, &failure);
    if (status == MST_OK) {
        status = mst_oplog_unwind_part(&unwind, NULL, &failure);
    }
    while (status == MST_OK
           && mst_oplog_unwind_next(&unwind, &operation, &commit) == MST_OK) {
        status = show(fixture, &operation, &commit);
    }
    mst_oplog_unwind_clear(&unwind);
    return status;
}

static enum mst_status
read_entry(struct fixture *fixture, struct mst_slice bytes)
{
    struct mst_oplog_entry entry;
    enum mst_status status = mst_oplog_entry_parse(bytes, &entry, NULL);
    if (status != MST_OK) {
        return status;
    }
    if (mst_oplog_entry_command(&entry) == MST_OPLOG_OPERATIONS) {
        return show_operations(fixture, &entry);
    }
    const struct mst_oplog_commit commit = {.time = entry.time,
                                            .wall_ms = entry.wall_ms};
    return show(fixture, &entry, &commit);
}

static void
check_token(const struct newer_case *one, const bson_t *event)
{
    bson_iter_t iter;
    bson_iter_t data;
    assert_true(bson_iter_init(&iter, event)
                && bson_iter_find_descendant(&iter, "_id._data", &data));
    if (strcmp(bson_iter_utf8(&data, NULL), one->token) != 0) {
        fail_msg("%s: token %s", one->name, bson_iter_utf8(&data, NULL));
    }
}

static void
check_event(const struct newer_case *one, size_t i, const bson_t *event)
{
    bson_t *expected = bson_case(one->events[i]);
    bson_t rest = BSON_INITIALIZER;
    bson_copy_to_excluding_noinit(event, &rest, "_id", NULL);
    char *is = bson_as_canonical_extended_json(&rest, NULL);
    char *must = bson_as_canonical_extended_json(expected, NULL);
    if (strcmp(is, must) != 0) {
        fail_msg("%s, event %zu: %s is not %s", one->name, i, is, must);
    }
    bson_free(is);
    bson_free(must);
    bson_destroy(&rest);
    bson_destroy(expected);
}

static void
check_events(const struct newer_case *one, const struct fixture *fixture)
{
    size_t len = 0;
    for (; len < EVENTS_MAX && one->events[len] != NULL; len++) {
        if (len >= fixture->len) {
            fail_msg("%s: only %zu events", one->name, fixture->len);
        }
        check_event(one, len, fixture->events[len]);
    }
    if (fixture->len != len) {
        fail_msg("%s: %zu events", one->name, fixture->len);
    }
    if (one->token != NULL) {
        check_token(one, fixture->events[len - 1]);
    }
}

static void
entries_of_newer_servers_become_their_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct fixture fixture;
        bson_t *doc = bson_case(cases[i].entry);
        fixture_init(&fixture, &cases[i]);
        assert_int_equal(read_entry(&fixture, bson_case_bytes(doc)), MST_OK);
        check_events(&cases[i], &fixture);
        fixture_clear(&fixture);
        bson_destroy(doc);
    }
}

static void
a_failed_allocation_fails_the_entry(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        bson_t *doc = bson_case(cases[i].entry);
        bool failed = true;
        for (size_t n = 1; failed; n++) {
            struct fixture fixture;
            assert_true(n < ALLOCATIONS_MAX);
            fixture_init(&fixture, &cases[i]);
            alloc_fail_at(n);
            enum mst_status status = read_entry(&fixture, bson_case_bytes(doc));
            failed = alloc_fail_stop();
            assert_int_equal(status, failed ? MST_FATAL : MST_OK);
            if (!failed) {
                check_events(&cases[i], &fixture);
            }
            fixture_clear(&fixture);
        }
        bson_destroy(doc);
    }
}

/* --- rules --------------------------------------------------------------- */

static void
rules_are_those_of_the_server_s_version(void **state)
{
    (void)state;
    static const struct {
        int64_t wire;
        int fcv;
        const char *name; /* NULL: there are no rules */
        int token_version;
        bool any_apply_ops;
        bool image_entries;
        bool ambiguous;
        bool ns_type;
    } servers[] = {
        {16, 0, NULL, 0, false, false, false, false},
        {17, 0, "6.0", 1, false, true, false, false},
        {17, 50, "6.0", 1, false, true, false, false},
        {18, 60, "6.1", 1, true, true, false, false},
        {18, 61, "6.1", 1, true, true, true, false},
        {20, 0, "6.3", 1, true, true, true, false},
        {21, 60, "7.0", 2, true, false, false, false},
        {21, 70, "7.0", 2, true, false, true, false},
        {25, 0, "8.0", 2, true, false, true, false},
        {26, 80, "8.1", 2, true, false, true, true},
        {27, 82, "8.2", 2, true, false, true, true},
        {28, 0, NULL, 0, false, false, false, false},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(servers); i++) {
        struct mst_oplog_rules rules;
        bool known =
            mst_oplog_rules_of(servers[i].wire, servers[i].fcv, &rules);
        assert_int_equal(known, servers[i].name != NULL);
        assert_string_equal(mst_oplog_server_name(servers[i].wire),
                            known ? servers[i].name : "newer");
        if (known) {
            assert_int_equal(rules.token_version, servers[i].token_version);
            assert_int_equal(rules.any_apply_ops, servers[i].any_apply_ops);
            assert_int_equal(rules.image_entries, servers[i].image_entries);
            assert_int_equal(rules.ambiguous, servers[i].ambiguous);
            assert_int_equal(rules.ns_type, servers[i].ns_type);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_newer_servers_become_their_events),
        cmocka_unit_test(a_failed_allocation_fails_the_entry),
        cmocka_unit_test(rules_are_those_of_the_server_s_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

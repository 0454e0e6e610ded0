/* SPDX-License-Identifier: MIT */
/* Whom the entries of a reply may concern: each one that they do, and few
 * others. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "base/macros.h"
#include "sources/mongodb/oplog/digest.h"
#include "unit/sources/bson_case.h"

#define TS(n) "\"ts\":{\"$timestamp\":{\"t\":" #n ",\"i\":1}}"
#define PREVIOUS(n)                                                            \
    ",\"prevOpTime\":{\"ts\":{\"$timestamp\":{\"t\":" #n ",\"i\":1}}}"
#define INSERT(n, ns) "{\"op\":\"i\",\"ns\":\"" ns "\",\"o\":{}," TS(n) "}"
#define COMMAND(n, o, more)                                                    \
    "{\"op\":\"c\",\"ns\":\"admin.$cmd\",\"o\":{" o "}" more "," TS(n) "}"
#define ITEMS(ns) "\"applyOps\":[{\"op\":\"i\",\"ns\":\"" ns "\",\"o\":{}}]"

struct digest_case {
    const char *name;
    const char *entries;  /* behind {4, 1} */
    const char *concerns; /* of "d.a", "d.b", "d.*", "e.a" by their letters */
};

/* Entries 1 to 4 passed before: a part on d.a, another of the same on d.b, a
 * part on e.a, one on d.nobody. */
static const char *const before =
    COMMAND(1, ITEMS("d.a") ",\"partialTxn\":true", "") "," COMMAND(
        2, ITEMS("d.b") ",\"partialTxn\":true",
        PREVIOUS(1)) "," COMMAND(3, ITEMS("e.a") ",\"prepare\":true",
                                 "") "," COMMAND(4,
                                                 ITEMS("d.nobody") ",\"partialT"
                                                                   "xn\":true",
                                                 "");

static const struct digest_case cases[] = {
    {"nothing", "", ""},
    {"an insert", INSERT(5, "d.a"), "a*"},
    {"of another collection", INSERT(5, "d.aa"), "*"},
    {"of another database", INSERT(5, "dd.a"), ""},
    {"a no-op with a name", "{\"op\":\"n\",\"ns\":\"d.a\",\"o\":{}," TS(5) "}",
     ""},
    {"what a migration writes",
     "{\"op\":\"i\",\"ns\":\"d.a\",\"fromMigrate\":true,\"o\":{}," TS(5) "}",
     ""},
    {"a command",
     "{\"op\":\"c\",\"ns\":\"d.$cmd\",\"o\":{\"drop\":\"a\"}," TS(5) "}",
     "ab*"},
    {"a transaction of one entry", COMMAND(5, ITEMS("e.a"), ""), "e"},
    {"the rest of one", COMMAND(5, ITEMS("e.a"), PREVIOUS(2)), "ab*e"},
    {"the rest of one that concerns few",
     COMMAND(5, ITEMS("d.nobody"), PREVIOUS(4)), "*"},
    {"a prepared one commits",
     COMMAND(5, "\"commitTransaction\":1", PREVIOUS(3)), "e"},
    {"one that began before all",
     COMMAND(5, ITEMS("e.a"),
             ",\"prevOpTime\":{\"ts\":{\"$timestamp\":{\"t\":1,\"i\":2}}}"),
     "ab*e"},
    {"a part is not effective",
     COMMAND(5, ITEMS("d.a") ",\"partialTxn\":true", ""), ""},
    {"nor is what is aborted",
     COMMAND(5, "\"abortTransaction\":1", PREVIOUS(2)), ""},
    {"one of several that stand alone",
     COMMAND(5, ITEMS("e.a"), ",\"multiOpType\":1" PREVIOUS(1)), "e"},
    {"several", INSERT(5, "d.b") "," INSERT(6, "e.a") "," INSERT(7, "x.y"),
     "b*e"},
};

static struct mst_mongo_reply *
make_reply(const char *entries)
{
    char json[4096];
    (void)snprintf(json, sizeof(json),
                   "{\"cursor\":{\"nextBatch\":[%s],\"id\":1}}", entries);
    struct mst_mongo_reply *reply = mst_mongo_reply_create(bson_case(json));
    assert_non_null(reply);
    assert_int_equal(mst_mongo_reply_parse(reply, NULL), MST_OK);
    return reply;
}

static void
check_scopes(const struct digest_case *one,
             const struct mst_oplog_digest *digest)
{
    static const struct {
        const char *db;
        const char *resource;
        char letter;
    } scopes[] = {
        {"d", "a", 'a'}, {"d", "b", 'b'}, {"d", "*", '*'}, {"e", "a", 'e'}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(scopes); i++) {
        struct mst_mongo_source_options options;
        memset(&options, 0, sizeof(options));
        const struct mst_mongo_watch watch = {
            .options = &options,
            .resource = scopes[i].resource,
            .database = mst_mongo_is_glob(scopes[i].resource),
        };
        const struct mst_oplog_scope scope = {
            .watch = &watch, .db = mst_slice_str(scopes[i].db)};
        bool concerns = mst_oplog_digest_concerns(digest, &scope);
        if (concerns != (strchr(one->concerns, scopes[i].letter) != NULL)) {
            fail_msg("%s: %s.%s %d", one->name, scopes[i].db,
                     scopes[i].resource, concerns);
        }
    }
}

static void
entries_concern_whom_they_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_oplog_parts parts = {NULL};
        struct mst_oplog_digest digest;
        struct mst_mongo_reply *first = make_reply(before);
        struct mst_mongo_reply *reply = make_reply(cases[i].entries);
        assert_int_equal(mst_oplog_digest_make(first,
                                               (struct mst_oplog_time){0, 0},
                                               &parts, &digest),
                         MST_OK);
        assert_int_equal(digest.entries, 4);
        assert_false(digest.all);
        assert_int_equal(digest.len, 0);
        assert_int_equal(
            mst_oplog_digest_make(reply, digest.last, &parts, &digest), MST_OK);
        check_scopes(&cases[i], &digest);
        mst_mongo_reply_unref(first);
        mst_mongo_reply_unref(reply);
        mst_oplog_parts_clear(&parts);
    }
}

static void
what_does_not_ascend_is_no_oplog(void **state)
{
    static const char *const damaged[] = {INSERT(5, "d.a") "," INSERT(5, "d.a"),
                                          INSERT(6, "d.a") "," INSERT(5, "d.a"),
                                          INSERT(4, "d.a"), "5",
                                          "{\"op\":\"i\",\"ns\":\"d.a\"}"};
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(damaged); i++) {
        struct mst_oplog_parts parts = {NULL};
        struct mst_oplog_digest digest;
        struct mst_mongo_reply *reply = make_reply(damaged[i]);
        assert_int_equal(mst_oplog_digest_make(reply,
                                               (struct mst_oplog_time){4, 1},
                                               &parts, &digest),
                         MST_REJECTED);
        mst_mongo_reply_unref(reply);
        mst_oplog_parts_clear(&parts);
    }
}

static void
only_the_newest_parts_are_known(void **state)
{
    struct mst_oplog_parts parts = {NULL};
    struct mst_oplog_entry entry;
    const struct mst_slice name = mst_slice_str("d.a");
    (void)state;
    memset(&entry, 0, sizeof(entry));
    for (uint32_t n = 1; n <= MST_OPLOG_PARTS_KNOWN + 10; n++) {
        entry.time = (struct mst_oplog_time){n, 1};
        mst_oplog_parts_add(&parts, &entry, &name, 1);
    }
    assert_non_null(
        mst_oplog_parts_find(&parts, (struct mst_oplog_time){10, 1}));
    mst_oplog_parts_sweep(&parts);
    assert_null(mst_oplog_parts_find(&parts, (struct mst_oplog_time){10, 1}));
    assert_non_null(
        mst_oplog_parts_find(&parts, (struct mst_oplog_time){11, 1}));
    mst_oplog_parts_clear(&parts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_concern_whom_they_may),
        cmocka_unit_test(what_does_not_ascend_is_no_oplog),
        cmocka_unit_test(only_the_newest_parts_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

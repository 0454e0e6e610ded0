/* SPDX-License-Identifier: MIT */
/* A looked-up document's place in a change event, and the table by which
 * documents find the changes that wait for them. */
#include "sources/mongodb/pending.h"

#include "unit/cmocka_all.h"

#include "encodings/json_bson.h"
#include "sources/mongodb/ahead.h"
#include "support/alloc_fail.h"

static struct mst_slice
document(struct mst_buf *buf, const char *json)
{
    mst_buf_init(buf, 65536);
    assert_int_equal(mst_json_to_bson(mst_slice_str(json), NULL, buf, NULL),
                     MST_OK);
    return mst_buf_slice(buf);
}

static void
the_document_stands_where_the_server_puts_it(void **state)
{
    (void)state;
    static const struct {
        const char *event;
        const char *document; /* NULL: not found */
        const char *whole;    /* NULL: refused */
    } cases[] = {
        {"{\"_id\":{},\"wallTime\":1,\"ns\":{\"db\":\"a\"},\"z\":{\"ns\":2}}",
         "{\"_id\":7}",
         "{\"_id\":{},\"wallTime\":1,\"fullDocument\":{\"_id\":7},"
         "\"ns\":{\"db\":\"a\"},\"z\":{\"ns\":2}}"},
        {"{\"ns\":{\"db\":\"a\"}}", NULL,
         "{\"fullDocument\":null,\"ns\":{\"db\":\"a\"}}"},
        {"{\"_id\":{\"ns\":1}}", "{\"_id\":7}", NULL},
        {"{}", NULL, NULL},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_buf event;
        struct mst_buf found = {.data = NULL};
        struct mst_buf whole = {.data = NULL};
        struct mst_arena arena = {.blocks = NULL};
        struct mst_slice bytes = MST_SLICE_NONE;
        struct mst_slice doc = MST_SLICE_NONE;
        struct mst_slice given = document(&event, cases[i].event);
        if (cases[i].document != NULL) {
            doc = document(&found, cases[i].document);
        }
        enum mst_status status =
            mst_mongo_pending_insert(given, doc, &arena, &bytes);
        if (cases[i].whole == NULL) {
            assert_int_equal(status, MST_REJECTED);
        } else {
            assert_int_equal(status, MST_OK);
            assert_true(
                mst_slice_equal(bytes, document(&whole, cases[i].whole)));
        }
        mst_arena_clear(&arena);
        mst_buf_clear(&event);
        mst_buf_clear(&found);
        mst_buf_clear(&whole);
    }
}

static void
all_items_of_a_hash_are_found(void **state)
{
    (void)state;
    struct mst_mongo_pending pending;
    assert_int_equal(mst_mongo_pending_init(&pending, NULL), MST_OK);
    struct mst_mongo_lookups *lookups = &pending.lookups;
    for (size_t i = 0; i < MST_MONGO_LOOKUPS_MAX; i++) {
        mst_mongo_lookups_enter(lookups, i % 10, i);
    }
    for (uint64_t hash = 0; hash < 10; hash++) {
        size_t n = 0;
        size_t i = mst_mongo_lookups_find(lookups, hash);
        for (; i != SIZE_MAX; i = mst_mongo_lookups_next(lookups, i)) {
            assert_int_equal(i % 10, hash);
            n++;
        }
        assert_int_equal(n, MST_MONGO_LOOKUPS_MAX / 10);
    }
    assert_int_equal(mst_mongo_lookups_find(lookups, 11), SIZE_MAX);
    mst_mongo_lookups_forget(lookups);
    assert_int_equal(mst_mongo_lookups_find(lookups, 1), SIZE_MAX);
    mst_mongo_pending_clear(&pending);
}

static void
ask_nothing(void *arg, struct mst_mongo_ahead_item *ret_item)
{
    (void)arg;
    ret_item->reply = NULL; /* the thread ends */
}

/* One of everything that allocates. */
static enum mst_status
everything(struct mst_slice event)
{
    struct mst_error err;
    struct mst_mongo_pending pending;
    struct mst_mongo_ahead *ahead = NULL;
    struct mst_arena arena = {.blocks = NULL};
    struct mst_slice bytes;
    enum mst_status status = mst_mongo_pending_init(&pending, &err);
    if (status == MST_OK) {
        status =
            mst_mongo_pending_insert(event, MST_SLICE_NONE, &arena, &bytes);
    }
    if (status == MST_OK) {
        status = mst_mongo_ahead_create(&ahead, ask_nothing, NULL, &err);
    }
    mst_mongo_ahead_destroy(ahead);
    mst_mongo_pending_clear(&pending);
    mst_arena_clear(&arena);
    return status;
}

static void
no_memory_is_said_and_leaves_nothing(void **state)
{
    (void)state;
    struct mst_buf buf;
    struct mst_slice event = document(&buf, "{\"ns\":{\"db\":\"a\"}}");
    size_t n = 1;
    for (;; n++) {
        alloc_fail_at(n);
        enum mst_status status = everything(event);
        if (!alloc_fail_stop()) {
            assert_int_equal(status, MST_OK);
            break;
        }
        assert_int_equal(status, MST_FATAL);
    }
    assert_true(n > 4);
    mst_buf_clear(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_stands_where_the_server_puts_it),
        cmocka_unit_test(all_items_of_a_hash_are_found),
        cmocka_unit_test(no_memory_is_said_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

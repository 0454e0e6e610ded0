/* SPDX-License-Identifier: MIT */
/* Every allocation of what is done with records fails in turn: it ends in an
 * error that left the store as it was, or it worked. */
#include "unit/state/store_fixture.h"

#include "core/record_store.h"
#include "state/sqlite_records.h"
#include "support/alloc_fail.h"

enum { TORTURE_MAX = 1000 };

static struct mst_record_store *
open_store(const char *directory)
{
    struct mst_record_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    if (mst_sqlite_records_open(directory, false, &store, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

static enum mst_status
save(struct mst_record_store *store, const char *name, uint64_t replaces)
{
    struct mst_error err;
    const struct mst_record record = {.name = (char *)(uintptr_t)name,
                                      .revision = replaces + 1,
                                      .changed_by = (char *)(uintptr_t) "anna",
                                      .body =
                                          MST_SLICE_LIT("{\"name\":\"a\"}")};
    return store->type->save(store, MST_RECORD_JOB, &record, replaces, &err);
}

static uint64_t
revision_of(struct mst_record_store *store, const char *name)
{
    struct mst_record record = {.revision = 0};
    struct mst_error err;
    enum mst_status status =
        store->type->load(store, MST_RECORD_JOB, name, &record, &err);
    uint64_t revision = record.revision;
    assert_true(status == MST_OK || status == MST_END);
    mst_record_clear(&record);
    return revision;
}

static void
opening_works_or_leaves_nothing(void **state)
{
    bool failed = true;
    size_t n = 1;
    for (; failed && n < TORTURE_MAX; n++) {
        struct mst_record_store *store = NULL;
        struct mst_error err;
        alloc_fail_at(n);
        enum mst_status status =
            mst_sqlite_records_open(*state, false, &store, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        if (store != NULL) {
            store->type->destroy(store);
        }
    }
    assert_in_range(n, 3, TORTURE_MAX - 1);
}

static void
saving_works_or_changes_nothing(void **state)
{
    struct mst_record_store *store = open_store(*state);
    bool failed = true;
    for (size_t n = 1; failed && n < TORTURE_MAX; n++) {
        uint64_t before = revision_of(store, "a");
        alloc_fail_at(n);
        enum mst_status status = save(store, "a", before);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        assert_int_equal(revision_of(store, "a"), failed ? before : before + 1);
    }
    store->type->destroy(store);
}

static enum mst_status
count_one(void *arg, const struct mst_record *one)
{
    assert_int_equal(one->revision, 1);
    *(size_t *)arg += 1;
    return MST_OK;
}

static void
reading_works_or_says_that_there_is_no_memory(void **state)
{
    struct mst_record_store *store = open_store(*state);
    struct mst_error err;
    bool failed = true;
    size_t n = 1;
    assert_int_equal(save(store, "a", 0), MST_OK);
    assert_int_equal(save(store, "b", 0), MST_OK);
    for (; failed && n < TORTURE_MAX; n++) {
        struct mst_record record = {.name = NULL};
        alloc_fail_at(n);
        enum mst_status status =
            store->type->load(store, MST_RECORD_JOB, "a", &record, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        mst_record_clear(&record);
    }
    assert_in_range(n, 4, TORTURE_MAX - 1);
    failed = true;
    for (n = 1; failed && n < TORTURE_MAX; n++) {
        size_t seen = 0;
        alloc_fail_at(n);
        enum mst_status status =
            store->type->list(store, MST_RECORD_JOB, count_one, &seen, &err);
        failed = alloc_fail_stop();
        /* No memory is not taken for damage: it ends the list. */
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        assert_true(failed ? seen < 2 : seen == 2);
        assert_true(!failed || err.retry_after_ms >= 0);
    }
    assert_in_range(n, 7, TORTURE_MAX - 1);
    store->type->destroy(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(opening_works_or_leaves_nothing),
        fixture_test(saving_works_or_changes_nothing),
        fixture_test(reading_works_or_says_that_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

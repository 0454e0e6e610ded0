/* SPDX-License-Identifier: MIT */
/* Every allocation of what is done with subjects fails in turn: it ends in an
 * error that left the store as it was, or it worked. */
#include "unit/state/store_fixture.h"

#include "schema/subject.h"
#include "state/sqlite_subjects.h"
#include "state/subject_registry.h"
#include "support/alloc_fail.h"

enum { TORTURE_MAX = 5000 };

static const char first[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":[\"null\",\"int\"]},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":["
    "\"A\",\"B\"]}}]}";
static const char second[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":[\"null\",\"long\"]},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":["
    "\"A\",\"B\",\"C\"]}}]}";
static const char wrong[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":["
    "\"A\"]}},{\"name\":\"new\",\"type\":\"int\"}]}";

static enum mst_status
register_text(struct mst_subject_store *store, const char *text,
              struct mst_compat_report *report, struct mst_error *err)
{
    char *names[] = {(char[]){"a"}};
    const struct mst_subject_names keys = {.names = names, .len = 1};
    const enum mst_schema_level level = MST_LEVEL_FULL;
    struct mst_subject_change change = {
        .subject = "s", .text = mst_slice_str(text), .level = &level};
    struct mst_subject_result result;
    change.keys[MST_SUBJECT_UNIQUE_BY] = &keys;
    return mst_subject_apply(store, &change, report, &result, err);
}

static struct mst_subject_store *
open_store(const char *directory)
{
    struct mst_subject_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    if (mst_sqlite_subjects_open(directory, false, &store, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

static size_t
count_versions(struct mst_subject_store *store)
{
    struct mst_subject subject = {.name = NULL};
    struct mst_error err;
    size_t n = 0;
    enum mst_status status = store->type->load(store, "s", &subject, &err);
    assert_true(status == MST_OK || status == MST_END);
    n = subject.versions_len;
    mst_subject_clear(&subject);
    return n;
}

static void
registering_works_or_changes_nothing(void **state)
{
    bool failed = true;
    size_t n = 1;
    for (; failed && n < TORTURE_MAX; n++) {
        struct mst_subject_store *store = open_store(*state);
        struct mst_compat_report report = {.len = 0};
        struct mst_error err;
        alloc_fail_at(n);
        enum mst_status status = register_text(store, first, &report, &err);
        failed = alloc_fail_stop();
        if (failed) {
            assert_int_equal(status, MST_FATAL);
            assert_int_equal(count_versions(store), 0);
        } else {
            assert_int_equal(status, MST_OK);
        }
        mst_compat_report_clear(&report);
        store->type->destroy(store);
    }
    assert_in_range(n, 20, TORTURE_MAX - 1);
}

static void
refusing_says_why_or_that_there_is_no_memory(void **state)
{
    struct mst_subject_store *store = open_store(*state);
    struct mst_compat_report report = {.len = 0};
    struct mst_error err;
    bool failed = true;
    size_t n = 1;
    assert_int_equal(register_text(store, first, &report, &err), MST_OK);
    for (; failed && n < TORTURE_MAX; n++) {
        alloc_fail_at(n);
        enum mst_status status = register_text(store, wrong, &report, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_REJECTED);
        assert_true(err.text[0] != '\0');
        assert_int_equal(count_versions(store), 1);
    }
    assert_in_range(n, 20, TORTURE_MAX - 1);
    /* a both ways, C of B's enum one way, new without a default. */
    assert_in_range(report.len, 3, 6);
    mst_compat_report_clear(&report);
    store->type->destroy(store);
}

static enum mst_status
count_one(void *arg, const struct mst_subject *one)
{
    *(size_t *)arg += one->versions_len;
    return MST_OK;
}

static void
reading_and_deleting_work_or_fail_whole(void **state)
{
    struct mst_subject_store *store = open_store(*state);
    struct mst_compat_report report = {.len = 0};
    struct mst_error err;
    bool failed = true;
    size_t n = 1;
    assert_int_equal(register_text(store, first, &report, &err), MST_OK);
    assert_int_equal(register_text(store, second, &report, &err), MST_REJECTED);
    mst_compat_report_clear(&report);
    for (; failed && n < TORTURE_MAX; n++) {
        size_t seen = 0;
        alloc_fail_at(n);
        enum mst_status status =
            store->type->list(store, count_one, &seen, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        assert_int_equal(seen, failed ? 0 : 1);
    }
    failed = true;
    for (n = 1; failed && n < TORTURE_MAX; n++) {
        alloc_fail_at(n);
        enum mst_status status = mst_subject_delete(store, "s", 1, &err);
        failed = alloc_fail_stop();
        assert_int_equal(status, failed ? MST_FATAL : MST_OK);
        assert_int_equal(count_versions(store), failed ? 1 : 0);
    }
    assert_in_range(n, 2, TORTURE_MAX - 1);
    store->type->destroy(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(registering_works_or_changes_nothing),
        fixture_test(refusing_says_why_or_that_there_is_no_memory),
        fixture_test(reading_and_deleting_work_or_fail_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

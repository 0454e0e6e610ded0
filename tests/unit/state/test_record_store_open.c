/* SPDX-License-Identifier: MIT */
/* Which store keeps which records, as a configuration has it. */
#include "unit/state/place.h"

#include "config/config.h"
#include "state/record_router.h"
#include "state/record_store_open.h"
#include "state/sqlite_records.h"

static struct mst_record_store *
open_sqlite(const char *directory)
{
    struct mst_record_store *store = NULL;
    struct mst_error err = {.status = MST_OK};
    if (mst_sqlite_records_open(directory, false, &store, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

static void
put(struct mst_record_store *store, enum mst_record_kind kind)
{
    struct mst_error err = {.status = MST_OK};
    struct mst_record record = {.name = (char *)(uintptr_t) "one",
                                .revision = 5,
                                .changed_by = (char *)(uintptr_t) "anna",
                                .body = MST_SLICE_LIT("{}")};
    if (store->type->save(store, kind, &record, 0, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
}

static enum mst_status
count_one(void *arg, const struct mst_record *one)
{
    (void)one;
    *(int *)arg += 1;
    return MST_OK;
}

static int
count(struct mst_record_store *store, enum mst_record_kind kind)
{
    struct mst_error err = {.status = MST_OK};
    int n = 0;
    if (store->type->list(store, kind, count_one, &n, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    return n;
}

static bool
has(struct mst_record_store *store, enum mst_record_kind kind)
{
    struct mst_record record = {.name = NULL};
    struct mst_error err;
    enum mst_status status =
        store->type->load(store, kind, "one", &record, &err);
    mst_record_clear(&record);
    assert_true(status == MST_OK || status == MST_END);
    assert_int_equal(count(store, kind), status == MST_OK ? 1 : 0);
    return status == MST_OK;
}

static void
without_services_all_is_in_the_embedded_store(void **state)
{
    struct place *place = *state;
    char *path = NULL;
    assert_true(asprintf(&path, "%s/new", place->directory) > 0);
    struct mst_config config = {.state.path = path};
    struct mst_record_store *store = NULL;
    struct mst_error err;
    assert_int_equal(mst_record_store_open(&config, true, &store, &err),
                     MST_END);
    assert_null(store);
    mst_record_store_close(store);
    assert_int_equal(mst_record_store_open(&config, false, &store, &err),
                     MST_OK);
    put(store, MST_RECORD_JOB);
    put(store, MST_RECORD_SERVICE);
    mst_record_store_close(store);
    assert_int_equal(mst_record_store_open(&config, true, &store, &err),
                     MST_OK);
    assert_true(has(store, MST_RECORD_JOB));
    assert_true(has(store, MST_RECORD_SERVICE));
    assert_false(has(store, MST_RECORD_DESIRED));
    mst_record_store_close(store);
    free(path);
}

static void
a_router_gives_each_kind_to_its_store(void **state)
{
    struct place *place = *state;
    char *path = NULL;
    struct mst_record_store *both = NULL;
    struct mst_error err;
    assert_true(asprintf(&path, "%s/services", place->directory) > 0);
    struct mst_record_store *first = open_sqlite(place->directory);
    const struct mst_record_route route = {
        .stores = {[MST_RECORD_SERVICE] = open_sqlite(path),
                   [MST_RECORD_JOB] = first,
                   [MST_RECORD_DESIRED] = first,
                   [MST_RECORD_SUITE] = first,
                   [MST_RECORD_WORKSPACE] = first,
                   [MST_RECORD_SCRIPT] = first}};
    assert_int_equal(mst_record_router_create(&route, &both, &err), MST_OK);
    for (int kind = 0; kind < MST_RECORD_KINDS; kind++) {
        put(both, (enum mst_record_kind)kind);
        assert_true(has(both, (enum mst_record_kind)kind));
    }
    struct mst_record_store *jobs = open_sqlite(place->directory);
    struct mst_record_store *services = open_sqlite(path);
    assert_true(has(jobs, MST_RECORD_JOB) && has(jobs, MST_RECORD_DESIRED));
    assert_false(has(jobs, MST_RECORD_SERVICE));
    assert_true(has(services, MST_RECORD_SERVICE));
    assert_false(has(services, MST_RECORD_JOB));
    assert_int_equal(
        both->type->remove(both, MST_RECORD_SERVICE, "one", 0, &err), MST_OK);
    assert_false(has(services, MST_RECORD_SERVICE));
    mst_record_store_close(jobs);
    mst_record_store_close(services);
    mst_record_store_close(both);
    free(path);
}

static void
what_a_service_keeps_is_there_and_the_rest_is_embedded(void **state)
{
    struct place *place = *state;
    if (!place->is_there) {
        skip();
    }
    char directory[TEST_FOLDER_MAX];
    test_folder_make(directory);
    struct mst_config_service service = {.name = (char *)(uintptr_t) "m",
                                         .provider =
                                             (char *)(uintptr_t) "mongodb",
                                         .options = &place->options};
    struct mst_config config = {.services = &service, .services_len = 1};
    char *path = NULL;
    struct mst_record_store *store = NULL;
    struct mst_error err;
    assert_true(asprintf(&path, "%s/new", directory) > 0);
    config.state.path = path;
    config.system.job_lifecycle.store = (struct mst_config_store){
        .service_name = service.name, .resource = place->collection};
    /* A reader does not need the embedded one. */
    assert_int_equal(mst_record_store_open(&config, true, &store, &err),
                     MST_OK);
    assert_int_equal(count(store, MST_RECORD_SERVICE), 0);
    mst_record_store_close(store);
    assert_int_equal(mst_record_store_open(&config, false, &store, &err),
                     MST_OK);
    put(store, MST_RECORD_JOB);
    put(store, MST_RECORD_SERVICE);
    mst_record_store_close(store);
    store = open_sqlite(path);
    assert_false(has(store, MST_RECORD_JOB));
    assert_true(has(store, MST_RECORD_SERVICE));
    mst_record_store_close(store);
    /* All of it on the server: the embedded one is not looked at. */
    config.system.service_lifecycle = config.system.job_lifecycle.store;
    config.system.test_suites = config.system.job_lifecycle.store;
    config.system.workspaces = config.system.job_lifecycle.store;
    config.state.path = (char *)(uintptr_t) "/dev/null/none";
    assert_int_equal(mst_record_store_open(&config, false, &store, &err),
                     MST_OK);
    assert_true(has(store, MST_RECORD_JOB));
    assert_false(has(store, MST_RECORD_SERVICE));
    mst_record_store_close(store);
    free(path);
    test_folder_remove(directory);
}

static void
a_service_that_can_keep_nothing_is_refused(void **state)
{
    (void)state;
    struct mst_config_service service = {.name = (char *)(uintptr_t) "k",
                                         .provider =
                                             (char *)(uintptr_t) "kafka"};
    struct mst_config config = {.services = &service, .services_len = 1};
    struct mst_record_store *store = NULL;
    struct mst_error err;
    config.state.path = (char *)(uintptr_t) ":memory:";
    config.system.service_lifecycle = (struct mst_config_store){
        .service_name = service.name, .resource = service.name};
    assert_int_equal(mst_record_store_open(&config, false, &store, &err),
                     MST_FATAL);
    assert_non_null(strstr(err.text, "system.service_lifecycle"));
}

static int
setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    if (place == NULL
        || !place_make(place, *state, "mstream_record_open_test")) {
        return 1;
    }
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    int code = place_end(*state);
    free(*state);
    return code;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(without_services_all_is_in_the_embedded_store, setup,
                   teardown, "sqlite"),
        PLACE_TEST(a_router_gives_each_kind_to_its_store, setup, teardown,
                   "sqlite"),
        PLACE_TEST(what_a_service_keeps_is_there_and_the_rest_is_embedded,
                   setup, teardown, "mongodb"),
        PLACE_TEST(a_service_that_can_keep_nothing_is_refused, setup, teardown,
                   "sqlite"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

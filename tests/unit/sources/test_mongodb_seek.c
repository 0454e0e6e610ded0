/* SPDX-License-Identifier: MIT */
/* Positions for a moment, of a source whose server can not be asked. */
#include "unit/cmocka_all.h"

#include "clients/mongo_options.h"
#include "sources/mongodb/options.h"
#include "sources/mongodb/source.h"

/* Nobody listens on this port. */
static char seek_uri[] = "mongodb://127.0.0.1:1/";
static char seek_db[] = "app";
static char seek_start[] = "now";

static const struct mst_mongo_options seek_service = {
    .connection_string = seek_uri,
    .db_name = seek_db,
    .connect_timeout_ms = 100,
    .server_selection_timeout_ms = 100,
    .socket_timeout_ms = 1000};
static const struct mst_mongo_source_options seek_options = {
    .start = seek_start, .heartbeat_interval_ms = 1000, .batch_size = 10};
static const struct mst_source_args seek_args = {.job = "j",
                                                 .service_name = "m",
                                                 .service = &seek_service,
                                                 .options = &seek_options,
                                                 .resource = "users"};

static int
setup(void **state)
{
    struct mst_error err;
    return mst_mongodb_source.create(state, &seek_args, &err) == MST_OK ? 0
                                                                        : -1;
}

static int
teardown(void **state)
{
    mst_mongodb_source.destroy(*state);
    return 0;
}

static void
assert_described(struct mst_slice position, const char *words)
{
    struct mst_buf text;
    struct mst_error err;
    mst_buf_init(&text, 1024);
    assert_int_equal(mst_mongodb_source.describe(position, &text, &err),
                     MST_OK);
    if (strstr(mst_buf_text(&text), words) == NULL) {
        fail_msg("'%s' is not in '%s'", words, mst_buf_text(&text));
    }
    mst_buf_clear(&text);
}

static void
moment_becomes_the_first_change_of_its_second(void **state)
{
    struct mst_buf position;
    struct mst_error err;
    mst_buf_init(&position, 4096);
    /* Half a second later is the same position: it may only repeat. */
    assert_int_equal(
        mst_mongodb_source.seek_time(*state, 1795260736500, &position, &err),
        MST_DISCONNECTED);
    assert_non_null(strstr(err.text, "127.0.0.1:1"));
    assert_non_null(strstr(mst_buf_text(&position), "1795260736"));
    assert_described(mst_buf_slice(&position), "2026-11-21T11:32:16Z");
    mst_buf_clear(&position);
}

static void
moment_that_no_oplog_can_name_is_rejected(void **state)
{
    static const int64_t moments[] = {-1, INT64_C(4294967296) * 1000, INT64_MAX,
                                      INT64_MIN};
    for (size_t i = 0; i < MST_ARRAY_SIZE(moments); i++) {
        struct mst_buf position;
        struct mst_error err;
        mst_buf_init(&position, 4096);
        assert_int_equal(
            mst_mongodb_source.seek_time(*state, moments[i], &position, &err),
            MST_REJECTED);
        assert_int_equal(position.len, 0);
        mst_buf_clear(&position);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            moment_becomes_the_first_change_of_its_second, setup, teardown),
        cmocka_unit_test_setup_teardown(
            moment_that_no_oplog_can_name_is_rejected, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

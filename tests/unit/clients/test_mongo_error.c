/* SPDX-License-Identifier: MIT */
/* The classes of MongoDB's errors. */
#include "unit/cmocka_all.h"

#include "clients/mongo_client.h"

static void
every_error_has_the_class_of_its_cause(void **state)
{
    (void)state;
    static const struct {
        uint32_t domain;
        uint32_t code;
        enum mst_status status;
    } cases[] = {
        {MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, MST_DISCONNECTED},
        {MONGOC_ERROR_SERVER_SELECTION, 13053, MST_DISCONNECTED},
        {MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, MST_FATAL},
        {MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION,
         MST_FATAL},
        {MONGOC_ERROR_SERVER, 91, MST_DISCONNECTED},
        {MONGOC_ERROR_SERVER, 189, MST_DISCONNECTED},
        {MONGOC_ERROR_SERVER, 10107, MST_DISCONNECTED},
        {MONGOC_ERROR_SERVER, 43, MST_DISCONNECTED},
        {MONGOC_ERROR_SERVER, 13, MST_FATAL},
        {MONGOC_ERROR_SERVER, 18, MST_FATAL},
        {MONGOC_ERROR_SERVER, 112, MST_RETRY},
        {MONGOC_ERROR_SERVER, 14031, MST_RETRY},
        {MONGOC_ERROR_SERVER, 11000, MST_REJECTED},
        {MONGOC_ERROR_SERVER, 121, MST_REJECTED},
        {MONGOC_ERROR_SERVER, 10334, MST_REJECTED},
        {MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, MST_REJECTED},
        {MONGOC_ERROR_WRITE_CONCERN, 64, MST_RETRY},
        {MONGOC_ERROR_WRITE_CONCERN, 91, MST_DISCONNECTED},
        {MONGOC_ERROR_SERVER, 286, MST_FATAL},
        {MONGOC_ERROR_SERVER, 123456, MST_FATAL},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        bson_error_t error = {.domain = cases[i].domain, .code = cases[i].code};
        assert_int_equal(mst_mongo_classify(&error, NULL), cases[i].status);
    }
}

static void
label_decides_about_a_code_that_is_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint32_t code;
        enum mst_status status;
    } cases[] = {
        {"RetryableWriteError", 4711, MST_RETRY},
        {"TransientTransactionError", 4711, MST_RETRY},
        {"ResumableChangeStreamError", 4711, MST_DISCONNECTED},
        {"SomethingElse", 4711, MST_FATAL},
        /* What time does not heal stays fatal, labelled or not. */
        {"RetryableWriteError", 13, MST_FATAL},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        bson_t *reply = BCON_NEW("errorLabels", "[", cases[i].label, "]");
        bson_error_t error = {.domain = MONGOC_ERROR_SERVER,
                              .code = cases[i].code};
        assert_int_equal(mst_mongo_classify(&error, reply), cases[i].status);
        bson_destroy(reply);
    }
}

static void
login_that_was_cut_off_is_no_wrong_password(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        enum mst_status status;
    } cases[] = {
        {"Authentication failed.", MST_FATAL},
        {"Failed to send \"saslContinue\" command with database \"admin\": "
         "Failed to read 4 bytes: socket error or timeout",
         MST_DISCONNECTED},
        {"interrupted at shutdown", MST_DISCONNECTED},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        bson_error_t error = {.domain = MONGOC_ERROR_CLIENT,
                              .code = MONGOC_ERROR_CLIENT_AUTHENTICATE};
        bson_strncpy(error.message, cases[i].message, sizeof(error.message));
        struct mst_error err;
        mst_error_clear(&err);
        assert_int_equal(mst_mongo_fail(&err, &error, NULL, "cannot log in"),
                         cases[i].status);
        assert_int_equal(strstr(err.hint, "password") != NULL,
                         cases[i].status == MST_FATAL);
    }
}

static void
failure_names_what_was_tried_and_what_to_do(void **state)
{
    (void)state;
    bson_error_t error = {.domain = MONGOC_ERROR_SERVER, .code = 13};
    (void)bson_strncpy(error.message, "not authorized", 504);
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(mst_mongo_fail(&err, &error, NULL, "cannot read 'a.b'"),
                     MST_FATAL);
    assert_string_equal(err.text, "cannot read 'a.b': not authorized (code "
                                  "13)");
    assert_non_null(strstr(err.hint, "privilege"));
    assert_int_equal(err.code, 13);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_the_class_of_its_cause),
        cmocka_unit_test(label_decides_about_a_code_that_is_not_known),
        cmocka_unit_test(login_that_was_cut_off_is_no_wrong_password),
        cmocka_unit_test(failure_names_what_was_tried_and_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Connection strings: what is shown of them, and what is refused. */
#include "unit/cmocka_all.h"

#include "clients/mongo_client.h"

static void
secrets_of_a_connection_string_are_masked(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"mongodb://h:1/?replicaSet=r", "mongodb://h:1/?replicaSet=r"},
        {"mongodb://u:pw@h:1,g:2/db?a=b", "mongodb://u:***@h:1,g:2/db?a=b"},
        {"mongodb+srv://u:pw@h/", "mongodb+srv://u:***@h/"},
        {"mongodb://u@h/", "mongodb://u@h/"},
        {"mongodb://u:p@w@h/", "mongodb://u:***@h/"},
        {"mongodb://u:p/w@h/", "mongodb://u:***@h/"},
        {"mongodb://u:p?w@h/", "mongodb://u:***@h/"},
        {"mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x&a=1",
         "mongodb://h/?authMechanismProperties=***&a=1"},
        {"mongodb://h/?a=1&TLSCertificateKeyFilePassword=x",
         "mongodb://h/?a=1&TLSCertificateKeyFilePassword=***"},
        {"u:pw@h", "u:***@h"},
        {"", ""},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        char out[128];
        assert_string_equal(mst_mongo_redact(cases[i].in, out, sizeof(out)),
                            cases[i].out);
    }
}

static void
long_connection_string_is_cut_at_the_size(void **state)
{
    (void)state;
    char out[12];
    assert_string_equal(
        mst_mongo_redact("mongodb://user:pw@host/", out, sizeof(out)),
        "mongodb://u");
}

static struct mst_mongo_options
client_options(char *connection_string)
{
    return (struct mst_mongo_options){.connection_string = connection_string,
                                      .connect_timeout_ms = 100,
                                      .server_selection_timeout_ms = 100,
                                      .socket_timeout_ms = 1000};
}

static void
unusable_connection_string_is_fatal_and_keeps_its_password(void **state)
{
    (void)state;
    char text[] = "mongodb://u:s3cret@@h:1:2/";
    struct mst_mongo_options options = client_options(text);
    struct mst_error err;
    mst_error_clear(&err);
    mongoc_client_pool_t *pool = NULL;
    assert_int_equal(mst_mongo_pool_create(&options, "test", &pool, &err),
                     MST_FATAL);
    assert_null(pool);
    assert_non_null(strstr(err.text, "connection_string"));
    assert_null(strstr(err.text, "s3cret"));
    assert_null(strstr(err.hint, "s3cret"));
}

static void
tls_file_that_is_missing_is_fatal(void **state)
{
    (void)state;
    char text[] = "mongodb://127.0.0.1:1/";
    char file[] = "/nonexistent/ca.pem";
    struct mst_mongo_options options = client_options(text);
    options.tls_ca_file = file;
    mongoc_client_t *client = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(
        mst_mongo_client_create(&options, "test", 0, NULL, &client, &err),
        MST_FATAL);
    assert_non_null(strstr(err.text, "tls_ca_file '/nonexistent/ca.pem'"));
}

static void
pool_hands_out_clients_without_a_server(void **state)
{
    (void)state;
    char text[] = "mongodb://127.0.0.1:1/?connectTimeoutMS=7";
    struct mst_mongo_options options = client_options(text);
    char name[300];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    mongoc_client_pool_t *pool = NULL;
    struct mst_error err;
    assert_int_equal(mst_mongo_pool_create(&options, name, &pool, &err),
                     MST_OK);
    mongoc_client_t *client = mst_mongo_pool_pop(pool);
    assert_non_null(client);
    const mongoc_uri_t *uri = mongoc_client_get_uri(client);
    assert_int_equal(
        mongoc_uri_get_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, 0), 7);
    assert_int_equal(mongoc_uri_get_option_as_int32(
                         uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 0),
                     100);
    assert_int_equal(strlen(mongoc_uri_get_appname(uri)), 127);
    mst_mongo_pool_push(pool, client);
    mst_mongo_pool_destroy(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_of_a_connection_string_are_masked),
        cmocka_unit_test(long_connection_string_is_cut_at_the_size),
        cmocka_unit_test(
            unusable_connection_string_is_fatal_and_keeps_its_password),
        cmocka_unit_test(tls_file_that_is_missing_is_fatal),
        cmocka_unit_test(pool_hands_out_clients_without_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

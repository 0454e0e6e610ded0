/* SPDX-License-Identifier: MIT */
/* Properties of librdkafka from a service's options, and error classes. */
#include "unit/cmocka_all.h"

#include "clients/kafka_client.h"

/* A service with up to four properties. */
struct service {
    struct mst_kafka_options options;
    char *names[4];
    char *values[4];
};

static void
service_set(struct service *s, const char *name, const char *value)
{
    s->options.properties.names = s->names;
    s->options.properties.values = s->values;
    s->names[s->options.properties.len] = (char *)(uintptr_t)name;
    s->values[s->options.properties.len] = (char *)(uintptr_t)value;
    s->options.properties.len++;
}

static void
aliases_are_one_property(void **state)
{
    (void)state;
    struct service s = {0};
    service_set(&s, "queue.buffering.max.ms", "7");
    service_set(&s, "request.required.acks", "1");
    assert_string_equal(mst_kafka_property(&s.options, "linger.ms"), "7");
    assert_string_equal(mst_kafka_property(&s.options, "acks"), "1");
    assert_null(mst_kafka_property(&s.options, "retries"));
}

static void
secrets_are_known_by_name(void **state)
{
    (void)state;
    static const char *const secret[] = {"sasl.password",
                                         "ssl.key.password",
                                         "ssl.keystore.password",
                                         "ssl.key.pem",
                                         "sasl.oauthbearer.client.secret",
                                         "sasl.jaas.config"};
    static const char *const open[] = {"sasl.username", "ssl.key.location",
                                       "bootstrap.servers"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(secret); i++) {
        assert_true(mst_kafka_property_is_secret(secret[i]));
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(open); i++) {
        assert_false(mst_kafka_property_is_secret(open[i]));
    }
}

static enum mst_status
conf_try(const struct service *s, struct mst_error *err)
{
    const struct mst_kafka_conf_args args = {.options = &s->options};
    rd_kafka_conf_t *conf = NULL;
    enum mst_status status = mst_kafka_conf_create(&args, &conf, err);
    if (status == MST_OK) {
        rd_kafka_conf_destroy(conf);
    }
    return status;
}

static void
unknown_properties_come_with_a_suggestion(void **state)
{
    (void)state;
    struct service s = {0};
    struct mst_error err;
    service_set(&s, "bootstrap.servers", "h:1");
    service_set(&s, "sasl.pasword", "hush");
    assert_int_equal(conf_try(&s, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "'sasl.pasword'"));
    assert_non_null(strstr(err.hint, "'sasl.password'"));
    assert_null(strstr(err.text, "hush"));
}

static void
without_servers_nothing_works(void **state)
{
    (void)state;
    struct service s = {0};
    struct mst_error err;
    service_set(&s, "client.id", "x");
    assert_int_equal(conf_try(&s, &err), MST_FATAL);
    assert_non_null(strstr(err.text, "bootstrap.servers"));
}

static void
properties_of_the_other_role_are_fine(void **state)
{
    (void)state;
    struct service s = {0};
    struct mst_error err;
    service_set(&s, "bootstrap.servers", "h:1");
    service_set(&s, "group.id", "g");
    service_set(&s, "linger.ms", "3");
    assert_int_equal(conf_try(&s, &err), MST_OK);
}

/* The user's win over ours, ours over what all clients have in common. */
static void
what_is_explained_is_each_property_once_without_secrets(void **state)
{
    (void)state;
    struct service s = {0};
    struct mst_error err;
    struct mst_buf out;
    const struct mst_kafka_property ours[] = {{"linger.ms", "5"},
                                              {"acks", "all"}};
    const struct mst_kafka_conf_args args = {
        .defaults = ours, .defaults_len = 2, .options = &s.options};
    service_set(&s, "bootstrap.servers", "h:1");
    service_set(&s, "ssl.key.pem", "hush");
    service_set(&s, "client.id", "mine");
    service_set(&s, "queue.buffering.max.ms", "7");
    mst_buf_init(&out, 65536);
    assert_int_equal(mst_kafka_conf_explain(&args, &out, &err), MST_OK);
    assert_string_equal(mst_buf_text(&out),
                        "bootstrap.servers = h:1\nssl.key.pem = ********\n"
                        "client.id = mine\nqueue.buffering.max.ms = 7\n"
                        "acks = all\nsocket.nagle.disable = true\n"
                        "socket.keepalive.enable = true\n"
                        "reconnect.backoff.max.ms = 1000\n"
                        "log.connection.close = false\n");
    mst_buf_clear(&out);
}

static void
errors_have_a_class(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t code;
        enum mst_status status;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_NO_ERROR, MST_OK},
        {RD_KAFKA_RESP_ERR__TRANSPORT, MST_DISCONNECTED},
        {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, MST_DISCONNECTED},
        {RD_KAFKA_RESP_ERR__PURGE_QUEUE, MST_DISCONNECTED},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, MST_REJECTED},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD, MST_REJECTED},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION, MST_FATAL},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, MST_FATAL},
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, MST_FATAL},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        assert_int_equal(mst_kafka_classify(cases[i].code), cases[i].status);
    }
}

static void
only_a_word_about_certificates_makes_tls_final(void **state)
{
    (void)state;
    struct mst_error err;
    assert_int_equal(mst_kafka_trouble(&err, RD_KAFKA_RESP_ERR__SSL,
                                       "SSL handshake failed: certificate "
                                       "verify failed"),
                     MST_FATAL);
    assert_int_equal(mst_kafka_trouble(&err, RD_KAFKA_RESP_ERR__SSL,
                                       "SSL handshake failed: Disconnected"),
                     MST_DISCONNECTED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases_are_one_property),
        cmocka_unit_test(secrets_are_known_by_name),
        cmocka_unit_test(unknown_properties_come_with_a_suggestion),
        cmocka_unit_test(without_servers_nothing_works),
        cmocka_unit_test(properties_of_the_other_role_are_fine),
        cmocka_unit_test(
            what_is_explained_is_each_property_once_without_secrets),
        cmocka_unit_test(errors_have_a_class),
        cmocka_unit_test(only_a_word_about_certificates_makes_tls_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

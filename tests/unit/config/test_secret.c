/* SPDX-License-Identifier: MIT */
/* What must not be shown. */
#include "unit/cmocka_all.h"

#include "config/secret.h"

static void
passwords_in_addresses_are_masked(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"plain", "plain"},
        {"mongodb://h:1/db", "mongodb://h:1/db"},
        {"mongodb://u:pw@h:1/db", "mongodb://u:****@h:1/db"},
        {"mongodb://u:p@w@h:1/db", "mongodb://u:****@h:1/db"},
        {"mongodb://u:p/w@h:1/db?x", "mongodb://u:****@h:1/db?x"},
        {"mongodb://u@h/", "mongodb://u@h/"},
        {"a http://u:x@h b ftp://v:y@i c",
         "a http://u:****@h b ftp://v:****@i c"},
        {"db://${U}:${P}@h", "db://${U}:${P}@h"},
        {"db://${U:-x}:${P:-pw}@h", "db://${U:-x}:${P:-****}@h"},
        {"${URI:-db://u:pw@h}", "${URI:-db://u:****@h}"},
        {"user@example.org", "user@example.org"},
        {"://", "://"},
        {"://:@", "://:@"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_buf out;
        mst_buf_init(&out, 1000);
        assert_int_equal(mst_secret_redact(cases[i].text, &out), MST_OK);
        assert_string_equal(mst_buf_text(&out), cases[i].shown);
        mst_buf_clear(&out);
    }
}

static void
keys_of_secrets_are_known_by_name(void **state)
{
    (void)state;
    static const char *const secrets[] = {
        "password",         "sasl.password",
        "ssl.key.password", "ssl.key.pem",
        "SSL.Key",          "client_secret",
        "static_token",     "sasl.jaas.config",
        "credentials",      "ssl.keystore.password",
        "api_key",
    };
    static const char *const others[] = {
        "name",
        "key",
        "bootstrap.servers",
        "sasl.username",
        "ssl.key.location",
        "tokens_file",
        "sasl.oauthbearer.token.endpoint.url",
        "encryption_key_path",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(secrets); i++) {
        print_message("%s\n", secrets[i]);
        assert_true(mst_secret_key(secrets[i]));
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(others); i++) {
        print_message("%s\n", others[i]);
        assert_false(mst_secret_key(others[i]));
    }
}

static void
texts_in_messages_are_short_and_printable(void **state)
{
    (void)state;
    char out[MST_SECRET_SHOWN_MAX];
    mst_secret_shown("a\x1b[31m\n", out);
    assert_string_equal(out, "a?[31m?");
    char text[500];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    mst_secret_shown(text, out);
    assert_int_equal(strlen(out), MST_SECRET_SHOWN_MAX - 1);
    assert_string_equal(out + strlen(out) - 4, "x...");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_in_addresses_are_masked),
        cmocka_unit_test(keys_of_secrets_are_known_by_name),
        cmocka_unit_test(texts_in_messages_are_short_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

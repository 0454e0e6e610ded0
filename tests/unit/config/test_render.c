/* SPDX-License-Identifier: MIT */
/* Definitions as they may be shown, and their hashes. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "unit/config/fakes.h"

static const char text[] =
    "[api]\nport = 5\n"
    "[[services]]\n"
    "provider = \"both\" # a comment\n"
    "name = \"m\"\n"
    "uri = \"db://u:canary1@h/?a=${A}\"\n"
    "password = \"canary2\"\n"
    "\"sasl.password\" = \"canary3\"\n"
    "\"ssl.key.pem\" = \"${PEM:-canary4}\"\n"
    "\"sasl.username\" = \"me\"\n"
    "[[connectors]]\n"
    "name = \"c\"\n"
    "source = { service_name = \"m\", resource = \"r\", rate = 0.5 }\n"
    "sinks = [ { service_name = \"m\", resource = \"x://u:canary5@h\", "
    "labels = { token = \"canary6\", n = 1 } } ]\n";

static const char *const variables[] = {"A", "resolved1", "PEM", "resolved2",
                                        NULL};

static struct mst_config *
load_good(const char *config_text)
{
    char *problems = NULL;
    struct mst_config *config = fake_load(config_text, variables, &problems);
    assert_string_equal(problems, "");
    free(problems);
    return config;
}

static void
references_are_kept_and_secrets_masked(void **state)
{
    (void)state;
    struct mst_config *config = load_good(text);
    struct mst_buf out;
    mst_buf_init(&out, 1 << 20);
    assert_int_equal(mst_config_service_json(&config->services[0], &out),
                     MST_OK);
    assert_string_equal(
        mst_buf_text(&out),
        "{\"name\":\"m\",\"password\":\"****\",\"provider\":\"both\","
        "\"sasl.password\":\"****\",\"sasl.username\":\"me\","
        "\"ssl.key.pem\":\"${PEM:-****}\","
        "\"uri\":\"db://u:****@h/?a=${A}\"}");
    mst_buf_reset(&out);
    assert_int_equal(mst_config_connector_json(&config->connectors[0], &out),
                     MST_OK);
    assert_string_equal(
        mst_buf_text(&out),
        "{\"name\":\"c\",\"sinks\":[{\"labels\":{\"n\":1,\"token\":\"****\"},"
        "\"resource\":\"x://u:****@h\",\"service_name\":\"m\"}],"
        "\"source\":{\"rate\":0.5,\"resource\":\"r\","
        "\"service_name\":\"m\"}}");
    mst_buf_reset(&out);
    assert_int_equal(mst_config_json(config, &out), MST_OK);
    assert_non_null(mst_buf_text(&out));
    assert_null(strstr((char *)out.data, "canary"));
    assert_null(strstr((char *)out.data, "resolved"));
    assert_non_null(strstr((char *)out.data, "{\"api\":{\"port\":5},"
                                             "\"services\":[{\"name\""));
    mst_buf_clear(&out);
    mst_config_destroy(config);
}

#define SERVICE "[[services]]\nprovider = \"both\"\nname = \"m\"\nuri = \"x\"\n"

static uint64_t
hash_of(const char *connector)
{
    char whole[2000];
    (void)snprintf(whole, sizeof(whole), SERVICE "%s", connector);
    struct mst_config *config = load_good(whole);
    uint64_t hash = config->connectors[0].hash;
    mst_config_destroy(config);
    return hash;
}

static void
the_hash_is_of_the_meaning_not_of_the_text(void **state)
{
    (void)state;
    static const char *const same[] = {
        "[[connectors]]\nname = \"c\"\n"
        "source = { service_name = \"m\", resource = \"r\" }\n"
        "sinks = [ { service_name = \"m\", resource = \"r\" } ]\n",
        "# comment\n[[connectors]]\n\nenabled = false\n"
        "sinks = [{service_name='m',resource='r'}]\n"
        "  name = \"\\u0063\"\n[connectors.source]\nresource = \"r\"\n"
        "service_name = \"m\"\n",
    };
    static const char *const others[] = {
        "[[connectors]]\nname = \"c\"\n"
        "source = { service_name = \"m\", resource = \"r2\" }\n"
        "sinks = [ { service_name = \"m\", resource = \"r\" } ]\n",
        "[[connectors]]\nname = \"c\"\nworkers = 1\n"
        "source = { service_name = \"m\", resource = \"r\" }\n"
        "sinks = [ { service_name = \"m\", resource = \"r\" } ]\n",
        "[[connectors]]\nname = \"c\"\n"
        "source = { service_name = \"m\", resource = \"r\" }\n"
        "sinks = [ { service_name = \"m\", resource = \"r\" }, "
        "{ service_name = \"m\", resource = \"r\" } ]\n",
    };
    uint64_t hash = hash_of(same[0]);
    assert_int_equal(hash, hash_of(same[1]));
    for (size_t i = 0; i < MST_ARRAY_SIZE(others); i++) {
        assert_int_not_equal(hash, hash_of(others[i]));
    }
    /* Dead letters hold it: it stays what it is. */
    assert_int_equal(hash, 0x6ed6ec811e031be0ULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_kept_and_secrets_masked),
        cmocka_unit_test(the_hash_is_of_the_meaning_not_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

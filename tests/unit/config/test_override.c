/* SPDX-License-Identifier: MIT */
/* Settings of the environment and the command line win over the file. */
#include "unit/cmocka_all.h"

#include "unit/config/fakes.h"

static const char file[] = "[api]\n"
                           "port = 1\n"
                           "host = \"localhost\"\n"
                           "[[services]]\n"
                           "provider = \"both\"\n"
                           "name = \"m\"\n"
                           "uri = \"x\"\n";

static struct mst_config *
load_good(const char *const *variables, const char *const *sets)
{
    char *problems = NULL;
    struct mst_config *config =
        fake_load_sets(file, variables, sets, &problems);
    assert_string_equal(problems, "");
    free(problems);
    return config;
}

static void
the_environment_wins_over_the_file(void **state)
{
    (void)state;
    const char *const variables[] = {"MSTREAM_API_PORT",
                                     "2",
                                     "MSTREAM_LIMITS_MEMORY",
                                     "8MiB",
                                     "MSTREAM_LOG_LEVEL",
                                     "debug",
                                     "MSTREAM_STATE_PATH",
                                     "/var/lib/x",
                                     "MSTREAM_API_INSECURE",
                                     "true",
                                     "MSTREAM_SHUTDOWN_TIMEOUT",
                                     "1s",
                                     "MSTREAM_API_HOST",
                                     "",
                                     NULL};
    struct mst_config *config = load_good(variables, NULL);
    assert_int_equal(config->api.port, 2);
    assert_string_equal(config->api.host, "localhost");
    assert_true(config->api.insecure);
    assert_int_equal(config->memory, 8 << 20);
    assert_int_equal(config->log.level, MST_LOG_DEBUG);
    assert_string_equal(config->state.path, "/var/lib/x");
    assert_int_equal(config->shutdown_timeout_ms, 1000);
    mst_config_destroy(config);
}

static void
the_command_line_wins_over_both(void **state)
{
    (void)state;
    const char *const variables[] = {"MSTREAM_API_PORT", "2", "V", "w", NULL};
    const char *const sets[] = {"api.port=3",
                                "api.port=4",
                                "api.host=127.0.0.1",
                                "log.level=error",
                                "limits.memory=\"2MiB\"",
                                "services.m.uri=db://h=1",
                                "services.0.password=${V}",
                                "services.m.\"a.b\"=true",
                                "shutdown_timeout=5s",
                                "api.env_allow=[\"X\", \"Y\"]",
                                NULL};
    struct mst_config *config = load_good(variables, sets);
    const struct fake_service *service = config->services[0].options;
    assert_int_equal(config->api.port, 4);
    assert_string_equal(config->api.host, "127.0.0.1");
    assert_int_equal(config->log.level, MST_LOG_ERROR);
    assert_int_equal(config->memory, 2 << 20);
    assert_int_equal(config->shutdown_timeout_ms, 5000);
    assert_int_equal(config->api.env_allow.len, 2);
    assert_string_equal(service->uri, "db://h=1");
    assert_string_equal(service->password, "w");
    assert_int_equal(service->properties.len, 1);
    assert_string_equal(service->properties.values[0], "true");
    mst_config_destroy(config);
}

static void
wrong_settings_are_named_without_their_values(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        const char *problem;
    } cases[] = {
        {"api.prt=1", "--set api.prt: error: unknown key 'prt' (api.prt)\n"},
        {"api.port=secret",
         "--set api.port: error: expected an integer, got a string "
         "(api.port)\n"},
        {"api.port", "--set: error: there is no '=' behind a key\n"
                     "  hint: write it as --set section.key=value\n"},
        {"=1", "--set: error: there is no '=' behind a key\n"
               "  hint: write it as --set section.key=value\n"},
        {"api..port=1", "--set api..port: error: this is not the path of a "
                        "key\n  hint: write it as --set section.key=value\n"},
        {"api.=1", "--set api.: error: this is not the path of a key\n"
                   "  hint: write it as --set section.key=value\n"},
        {"api.port.x=1", "--set api.port.x: error: there is no 'port' to "
                         "set\n"},
        {"services.n.uri=1", "--set services.n.uri: error: there is no 'n' "
                             "to set\n"},
        {"services.m=1", "--set services.m: error: this is not the path of a "
                         "key\n  hint: write it as --set section.key=value\n"},
        {"nothing.here=1",
         "--set nothing.here: error: unknown key 'nothing' (nothing)\n"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        const char *const sets[] = {cases[i].set, NULL};
        char *problems = NULL;
        assert_null(fake_load_sets(file, NULL, sets, &problems));
        assert_string_equal(problems, cases[i].problem);
        free(problems);
    }
}

static void
wrong_variables_are_named_without_their_values(void **state)
{
    (void)state;
    const char *const variables[] = {"MSTREAM_API_PORT", "hunter2", NULL};
    char *problems = NULL;
    assert_null(fake_load(file, variables, &problems));
    assert_string_equal(problems,
                        "MSTREAM_API_PORT: error: expected an integer, got "
                        "\"${MSTREAM_API_PORT}\" (api.port)\n"
                        "  hint: the text comes from the environment\n");
    free(problems);
}

static void
a_set_value_can_not_smuggle_in_other_keys(void **state)
{
    (void)state;
    const char *const sets[] = {"api.tokens_file=\"x\"\nport=9", NULL};
    struct mst_config *config = load_good(NULL, sets);
    assert_string_equal(config->api.tokens_file, "\"x\"\nport=9");
    assert_int_equal(config->api.port, 1);
    mst_config_destroy(config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_wins_over_the_file),
        cmocka_unit_test(the_command_line_wins_over_both),
        cmocka_unit_test(wrong_settings_are_named_without_their_values),
        cmocka_unit_test(wrong_variables_are_named_without_their_values),
        cmocka_unit_test(a_set_value_can_not_smuggle_in_other_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

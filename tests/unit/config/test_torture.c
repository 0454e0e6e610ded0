/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of a load fails in turn: it ends in an error, or in the
 * same configuration as without, and leaks nothing.
 */
#include "unit/cmocka_all.h"

#include "support/alloc_fail.h"
#include "unit/config/fakes.h"

static const char good[] =
    "[api]\n"
    "port = \"${PORT:-1234}\"\n"
    "env_allow = [\"A\", \"B\"]\n"
    "[[services]]\n"
    "provider = \"both\"\n"
    "name = \"m\"\n"
    "uri = \"db://u:${PASS}@h/\"\n"
    "\"linger.ms\" = 5\n"
    "\"client.id\" = \"me\"\n"
    "[[connectors]]\n"
    "name = \"c\"\n"
    "schemas = [ { id = \"a\", service_name = \"m\", resource = \"r\" } ]\n"
    "dlq = { service_name = \"m\", resource = \"dead\" }\n"
    "[connectors.source]\n"
    "service_name = \"m\"\n"
    "collections = [\"a\", \"b\"]\n"
    "[[connectors.sinks]]\n"
    "service_name = \"m\"\n"
    "resource = \"r\"\n"
    "labels = { a = 1, b = \"x\" }\n"
    "fields = \"x\"\n"
    "create = { partitions = 3 }\n";

static const char bad[] =
    "[api]\nprt = 1\nhost = 2\n"
    "[[services]]\nprovider = \"both\"\nname = \"m\"\nurj = \"${NO}\"\n"
    "[[services]]\nprovider = \"bath\"\nname = \"m\"\n"
    "[[connectors]]\nname = \"c\"\nworkers = 0\n"
    "source = { service_name = \"m\", resource = \"r\", wait = \"x\" }\n"
    "sinks = [ { service_name = \"k\" }, { service_name = \"z\", "
    "order = \"up\" } ]\n";

static enum mst_status
torture_load(const char *text, struct mst_problems *problems,
             struct mst_config **ret_config)
{
    static const char *const variables[] = {"PASS", "p", "MSTREAM_LOG_LEVEL",
                                            "warn", NULL};
    static const char *const sets[] = {"limits.memory=5MiB",
                                       "services.m.password=x"};
    struct mst_env env = fake_env(variables);
    struct mst_config_input input = {.path = "t.toml",
                                     .text = text,
                                     .text_len = strlen(text),
                                     .sets = sets,
                                     .sets_len = MST_ARRAY_SIZE(sets),
                                     .registry = &fake_registry,
                                     .env = &env,
                                     .probe = true};
    return mst_config_load(&input, problems, ret_config);
}

/* What was read, as text: shown ones, and numbers behind them. */
static char *
torture_describe(const struct mst_config *config)
{
    struct mst_buf out;
    size_t len = 0;
    mst_buf_init(&out, 1 << 20);
    assert_int_equal(mst_config_json(config, &out), MST_OK);
    const struct fake_service *service = config->services[0].options;
    const struct fake_step *sink = config->connectors[0].sinks[0].options;
    const struct fake_step *source = config->connectors[0].source.options;
    assert_int_equal(
        mst_buf_printf(&out, "%d %zu %s %s %zu %s %zu %zu %s %s",
                       (int)config->api.port, config->api.env_allow.len,
                       service->uri, service->password, service->properties.len,
                       service->properties.values[1], source->collections.len,
                       sink->labels.len, sink->labels.values[1],
                       sink->create.policy),
        MST_OK);
    assert_non_null(mst_buf_text(&out));
    return (char *)mst_buf_take(&out, &len);
}

static void
a_good_file_is_whole_or_refused(void **state)
{
    (void)state;
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    assert_int_equal(torture_load(good, &problems, &config), MST_OK);
    char *wanted = torture_describe(config);
    mst_config_destroy(config);
    mst_problems_clear(&problems);
    for (size_t n = 1;; n++) {
        alloc_fail_at(n);
        enum mst_status status = torture_load(good, &problems, &config);
        bool failed = alloc_fail_stop();
        if (status == MST_OK) {
            char *got = torture_describe(config);
            assert_string_equal(got, wanted);
            free(got);
            mst_config_destroy(config);
        } else {
            assert_true(problems.errors > 0);
        }
        mst_problems_clear(&problems);
        if (!failed) {
            break;
        }
    }
    free(wanted);
}

static void
a_bad_file_is_refused_whatever_fails(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct mst_problems problems = {0};
        struct mst_config *config = NULL;
        alloc_fail_at(n);
        assert_int_equal(torture_load(bad, &problems, &config), MST_FATAL);
        bool failed = alloc_fail_stop();
        assert_true(problems.errors > 0);
        mst_problems_clear(&problems);
        if (!failed) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_whole_or_refused),
        cmocka_unit_test(a_bad_file_is_refused_whatever_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Definitions that are kept in the state are checked by the rules of the
 * file, and what is sent keeps the secrets that it does not show. */
#include "unit/cmocka_all.h"

#include "unit/config/fakes.h"

#define FILE_SERVICES                                                          \
    "[api]\nenv_allow = [\"TOPIC\"]\n"                                         \
    "[[services]]\nprovider = \"both\"\nname = \"m\"\nuri = \"x\"\n"           \
    "[[services]]\nprovider = \"screen\"\nname = \"s\"\n"
#define FILE_JOB                                                               \
    "[[connectors]]\nname = \"c\"\n"                                           \
    "source = { service_name = \"m\", resource = \"r\" }\n"                    \
    "sinks = [ { service_name = \"m\", resource = \"t\" } ]\n"
#define JOB(resource)                                                          \
    "{\"source\":{\"service_name\":\"m\",\"resource\":\"r\",\"schema_id\":"    \
    "null},\"sinks\":[{\"service_name\":\"m\",\"resource\":\"" resource        \
    "\"}]}"

static struct mst_config *
load(const char *text, const struct mst_definition *definitions, size_t len,
     bool without_jobs, char **ret_problems)
{
    static const char *const variables[] = {"TOPIC", "t1", "SECRET", "canary",
                                            NULL};
    struct mst_env env = fake_env(variables);
    struct mst_config_input input = {.path = "t.toml",
                                     .text = text,
                                     .text_len = strlen(text),
                                     .registry = &fake_registry,
                                     .env = &env,
                                     .definitions = definitions,
                                     .definitions_len = len,
                                     .without_jobs = without_jobs,
                                     .probe = true};
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    struct mst_buf out;
    size_t size = 0;
    mst_buf_init(&out, 1 << 20);
    enum mst_status status = mst_config_load(&input, &problems, &config);
    assert_int_equal(status == MST_OK, problems.errors == 0);
    assert_int_equal(mst_problems_text(&problems, &out), MST_OK);
    assert_non_null(mst_buf_text(&out));
    *ret_problems = (char *)mst_buf_take(&out, &size);
    mst_problems_clear(&problems);
    return config;
}

static struct mst_definition
job(const char *name, const char *text)
{
    return (struct mst_definition){.kind = MST_DEFINITION_JOB,
                                   .name = name,
                                   .text = mst_slice_str(text),
                                   .revision = 7};
}

struct stored_case {
    const char *json;
    bool trusted;
    const char *problems;
};

static void
stored_jobs_are_checked_by_the_rules_of_the_file(void **state)
{
    (void)state;
    static const struct stored_case cases[] = {
        {JOB("t"), false, ""},
        {JOB("${TOPIC}"), false, ""},
        {JOB("${SECRET}"), true, ""},
        {JOB("${SECRET}"), false,
         "job 'j': error: the environment variable 'SECRET' may not be used "
         "in what comes over the API (sinks[0].resource)\n"
         "  hint: add \"SECRET\" to [api] env_allow\n"},
        {JOB("env:SECRET"), false,
         "job 'j': error: the environment variable 'SECRET' may not be used "
         "in what comes over the API (sinks[0].resource)\n"
         "  hint: add \"SECRET\" to [api] env_allow\n"},
        {JOB("${SECRET:-x}"), false,
         "job 'j': error: the environment variable 'SECRET' may not be used "
         "in what comes over the API (sinks[0].resource)\n"
         "  hint: add \"SECRET\" to [api] env_allow\n"},
        {"{\"sourc\":1,\"sinks\":[{\"service_name\":\"n\",\"resource\":"
         "\"r\"}]}",
         false,
         "job 'j': error: unknown key 'sourc' (sourc)\n"
         "  hint: did you mean 'source'?\n"
         "job 'j': error: unknown service 'n' (sinks[0].service_name)\n"
         "  hint: add a [[services]] entry with this name\n"},
        {"[]", false, "job 'j': error: this is no JSON object\n"},
        {"{\"sinks\":[null]}", false,
         "job 'j': error: there is a null in an array\n"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_definition one = job("j", cases[i].json);
        char *problems = NULL;
        one.trusted = cases[i].trusted;
        struct mst_config *config =
            load(FILE_SERVICES, &one, 1, false, &problems);
        assert_string_equal(problems, cases[i].problems);
        if (config != NULL) {
            const struct mst_config_connector *found =
                mst_config_find_connector(config, "j");
            assert_non_null(found);
            assert_int_equal(found->node->revision, 7);
        }
        mst_config_destroy(config);
        free(problems);
    }
}

static void
stored_and_written_jobs_stand_side_by_side_and_the_file_wins(void **state)
{
    (void)state;
    const struct mst_definition both[] = {job("c", JOB("other")),
                                          job("d", JOB("t"))};
    char *problems = NULL;
    struct mst_config *config =
        load(FILE_SERVICES FILE_JOB, both, 2, false, &problems);
    assert_non_null(config);
    assert_string_equal(problems,
                        "job 'c': warning: t.toml line 10 has one of this "
                        "name, which is used; the one made over the API is "
                        "set aside\n  hint: rename one of them\n");
    assert_int_equal(config->connectors_len, 2);
    assert_int_equal(mst_config_find_connector(config, "c")->node->revision, 0);
    assert_int_equal(mst_config_find_connector(config, "d")->node->revision, 7);
    mst_config_destroy(config);
    free(problems);
    /* Without the file's own there is nothing to win. */
    config = load(FILE_SERVICES FILE_JOB, both, 2, true, &problems);
    assert_non_null(config);
    assert_string_equal(problems, "");
    assert_int_equal(config->connectors_len, 2);
    assert_string_equal(
        mst_config_find_connector(config, "c")->sinks[0].resource, "other");
    mst_config_destroy(config);
    free(problems);
}

static void
a_service_that_is_stored_serves_jobs_of_the_file(void **state)
{
    (void)state;
    const struct mst_definition one = {
        .kind = MST_DEFINITION_SERVICE,
        .name = "m",
        .text = mst_slice_str("{\"provider\":\"both\",\"uri\":\"y\"}"),
        .revision = 3};
    char *problems = NULL;
    struct mst_config *config = load(FILE_JOB, &one, 1, false, &problems);
    assert_string_equal(problems, "");
    assert_non_null(config);
    assert_int_equal(config->services_len, 1);
    struct mst_buf text;
    mst_buf_init(&text, 4096);
    assert_int_equal(mst_definition_of_connector(&config->connectors[0], &text),
                     MST_OK);
    assert_string_equal(mst_buf_text(&text),
                        "{\"name\":\"c\",\"sinks\":[{\"resource\":\"t\","
                        "\"service_name\":\"m\"}],\"source\":{\"resource\":"
                        "\"r\",\"service_name\":\"m\"}}");
    mst_buf_clear(&text);
    mst_config_destroy(config);
    free(problems);
}

static void
the_same_definition_has_the_same_hash_wherever_it_is(void **state)
{
    (void)state;
    const struct mst_definition one =
        job("c", "{\"sinks\":[{\"resource\":\"t\",\"service_name\":\"m\"}],"
                 "\"source\":{\"service_name\":\"m\",\"resource\":\"r\"}}");
    char *problems = NULL;
    struct mst_config *file =
        load(FILE_SERVICES FILE_JOB, NULL, 0, false, &problems);
    free(problems);
    struct mst_config *state_of =
        load(FILE_SERVICES, &one, 1, false, &problems);
    free(problems);
    assert_non_null(file);
    assert_non_null(state_of);
    assert_true(file->connectors[0].hash == state_of->connectors[0].hash);
    mst_config_destroy(file);
    mst_config_destroy(state_of);
}

struct edit_case {
    const char *name;
    const char *sent;
    const char *stored;
    const char *shown;
    const char *kept; /* NULL: refused */
    const char *problems;
};

static void
edit_check(const struct edit_case *one)
{
    const struct mst_definition_sent sent = {
        .kind = MST_DEFINITION_JOB,
        .name = one->name,
        .text = mst_slice_str(one->sent),
        .stored = mst_slice_str(one->stored == NULL ? "" : one->stored),
        .shown = mst_slice_str(one->shown == NULL ? "" : one->shown)};
    struct mst_problems problems = {0};
    struct mst_definition_draft draft = {0};
    struct mst_buf text;
    mst_buf_init(&text, 1 << 16);
    enum mst_status status = mst_definition_read(&sent, &problems, &draft);
    assert_int_equal(mst_problems_text(&problems, &text), MST_OK);
    assert_string_equal(mst_buf_text(&text), one->problems);
    assert_int_equal(status, one->kept == NULL ? MST_REJECTED : MST_OK);
    if (one->kept != NULL) {
        assert_string_equal(mst_buf_text(&draft.text), one->kept);
    }
    mst_definition_draft_clear(&draft);
    mst_buf_clear(&text);
    mst_problems_clear(&problems);
}

#define MASK_HINT                                                              \
    "\n  hint: send the secret itself; a mask keeps the secret only where "    \
    "nothing else of the value changes\n"

static void
what_is_sent_becomes_what_is_kept(void **state)
{
    (void)state;
    static const struct edit_case cases[] = {
        {NULL, "{\"b\":1,\"name\":\"x\",\"a\":2}", NULL, NULL,
         "{\"a\":2,\"b\":1,\"name\":\"x\"}", ""},
        {"x", "{\"enabled\":false}", NULL, NULL, "{\"name\":\"x\"}", ""},
        {"x", "{\"p\":[{\"password\":\"****\"}],\"u\":\"a://b:****@c\"}",
         "{\"p\":[{\"password\":\"s\"}],\"u\":\"a://b:t@c\"}",
         "{\"p\":[{\"password\":\"****\"}],\"u\":\"a://b:****@c\"}",
         "{\"name\":\"x\",\"p\":[{\"password\":\"s\"}],\"u\":\"a://b:t@c\"}",
         ""},
        {"x", "{\"u\":\"a://b:****@evil\"}", "{\"u\":\"a://b:t@c\"}",
         "{\"u\":\"a://b:****@c\"}", NULL,
         "job: error: this is a mask and no value (u)" MASK_HINT},
        {"x", "{\"password\":\"****\"}", NULL, NULL, NULL,
         "job: error: this is a mask and no value (password)" MASK_HINT},
        {"x", "{\"name\":\"y\"}", NULL, NULL, NULL,
         "job: error: a name can not be changed (name)\n  hint: make a new "
         "one and remove this one\n"},
        {NULL, "{}", NULL, NULL, NULL, "job: error: 'name' is missing\n"},
        {NULL, "{\"name\":3}", NULL, NULL, NULL,
         "job: error: expected a string (name)\n"},
        {NULL, "{\"name\":\"${HOME}\"}", NULL, NULL, NULL,
         "job: error: a name has 1 to 255 bytes, no control characters, and "
         "refers to no variable (name)\n"},
        {"x", "{\"enabled\":1}", NULL, NULL, NULL,
         "job: error: expected true or false (enabled)\n"},
        {"x", "[]", NULL, NULL, NULL, "job: error: this is no JSON object\n"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        edit_check(&cases[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_jobs_are_checked_by_the_rules_of_the_file),
        cmocka_unit_test(
            stored_and_written_jobs_stand_side_by_side_and_the_file_wins),
        cmocka_unit_test(a_service_that_is_stored_serves_jobs_of_the_file),
        cmocka_unit_test(the_same_definition_has_the_same_hash_wherever_it_is),
        cmocka_unit_test(what_is_sent_becomes_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

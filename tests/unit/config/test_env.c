/* SPDX-License-Identifier: MIT */
/* References to the environment, and how they are masked. */
#include "unit/cmocka_all.h"

#include "config/env.h"
#include "unit/config/fakes.h"

static const char *const variables[] = {"A",   "one",  "EMPTY", "",  "B_2",
                                        "two", "LOOP", "${A}",  NULL};

static const struct {
    const char *text;
    const char *result; /* NULL: refused */
    const char *error;
} env_cases[] = {
    {"", "", NULL},
    {"plain", "plain", NULL},
    {"${A}", "one", NULL},
    {"x${A}y${B_2}z",
     "xoney"
     "twoz",
     NULL},
    {"env:A", "one", NULL},
    {"env:EMPTY", "", NULL},
    {"env:", "env:", NULL},
    {"env:A B", "env:A B", NULL},
    {"xenv:A", "xenv:A", NULL},
    {"${EMPTY}", "", NULL},
    {"${EMPTY:-d}", "d", NULL},
    {"${NO:-d}", "d", NULL},
    {"${NO:-}", "", NULL},
    {"${A:-d}", "one", NULL},
    {"${NO:-${A}}", "one", NULL},
    {"${NO:-${NO:-{\"a\": 1}}}", "{\"a\": 1}", NULL},
    {"${NO:-{", NULL, "the reference '${NO' is not closed"},
    {"${NO:-x://h/?a=${A}&b}", "x://h/?a=one&b", NULL},
    {"$", "$", NULL},
    {"$$", "$$", NULL},
    {"a$b", "a$b", NULL},
    {"$A", "$A", NULL},
    {"$${A}", "${A}", NULL},
    {"$$${A}", "$${A}", NULL},
    {"p$$w0rd", "p$$w0rd", NULL},
    {"[{\"$match\": {}}]", "[{\"$match\": {}}]", NULL},
    {"${LOOP}", "${A}", NULL},
    {"${NO}", NULL, "the environment variable 'NO' is not set"},
    {"env:NO", NULL, "the environment variable 'NO' is not set"},
    {"${NO:-${NOT}}", NULL, "the environment variable 'NOT' is not set"},
    {"${}", NULL, "'${' is not followed by the name of a variable"},
    {"${1}", NULL, "'${' is not followed by the name of a variable"},
    {"${A", NULL, "the reference '${A' is not closed"},
    {"${A:-x", NULL, "the reference '${A' is not closed"},
    {"${A-x}", NULL, "the reference '${A' is not closed"},
};

static void
references_are_replaced(void **state)
{
    (void)state;
    struct mst_env env = fake_env(variables);
    for (size_t i = 0; i < MST_ARRAY_SIZE(env_cases); i++) {
        struct mst_error err;
        struct mst_buf out;
        mst_error_clear(&err);
        mst_buf_init(&out, 1000);
        print_message("%s\n", env_cases[i].text);
        enum mst_status status =
            mst_env_expand(&env, env_cases[i].text, &out, &err);
        if (env_cases[i].result == NULL) {
            assert_int_equal(status, MST_REJECTED);
            assert_string_equal(err.text, env_cases[i].error);
        } else {
            assert_int_equal(status, MST_OK);
            assert_string_equal(mst_buf_text(&out), env_cases[i].result);
        }
        mst_buf_clear(&out);
    }
}

static void
deep_nesting_of_defaults_is_refused(void **state)
{
    (void)state;
    char text[1000] = "";
    for (int i = 0; i < 50; i++) {
        strncat(text, "${NO:-", sizeof(text) - strlen(text) - 1);
    }
    strncat(text, "x", sizeof(text) - strlen(text) - 1);
    for (int i = 0; i < 50; i++) {
        strncat(text, "}", sizeof(text) - strlen(text) - 1);
    }
    struct mst_env env = fake_env(variables);
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, 1000);
    assert_int_equal(mst_env_expand(&env, text, &out, &err), MST_REJECTED);
    mst_buf_clear(&out);
}

static void
values_have_a_maximum(void **state)
{
    (void)state;
    struct mst_env env = fake_env(variables);
    struct mst_buf out;
    struct mst_error err;
    mst_buf_init(&out, 5);
    assert_int_equal(mst_env_expand(&env, "${A}${B_2}", &out, &err),
                     MST_REJECTED);
    mst_buf_clear(&out);
}

static void
secrets_keep_only_the_names_of_references(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"hunter2", "****"},
        {"", ""},
        {"${PASS}", "${PASS}"},
        {"env:PASS", "env:PASS"},
        {"${PASS:-hunter2}", "${PASS:-****}"},
        {"a${PASS}b${X}", "****${PASS}****${X}"},
        {"hunter$", "****"},
        {"$${PASS}", "****"},
        {"${broken", "****"},
        {"env:not a name", "****"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_buf out;
        mst_buf_init(&out, 1000);
        assert_int_equal(mst_env_mask(cases[i].text, &out), MST_OK);
        assert_string_equal(mst_buf_text(&out), cases[i].shown);
        mst_buf_clear(&out);
    }
}

static void
references_are_recognised(void **state)
{
    (void)state;
    assert_true(mst_env_has_reference("${A}"));
    assert_true(mst_env_has_reference("env:A"));
    assert_false(mst_env_has_reference("A"));
    assert_false(mst_env_has_reference("$A"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_replaced),
        cmocka_unit_test(deep_nesting_of_defaults_is_refused),
        cmocka_unit_test(values_have_a_maximum),
        cmocka_unit_test(secrets_keep_only_the_names_of_references),
        cmocka_unit_test(references_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What is wrong with single values and keys, at its place, with a hint. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "config/options.h"
#include "unit/config/fakes.h"

/* A sink of every option type; line 8 is the one under test. */
#define HEAD                                                                   \
    "[[services]]\nprovider = \"both\"\nname = \"m\"\nuri = \"x\"\n"           \
    "[[connectors]]\nname = \"c\"\n"                                           \
    "source = { service_name = \"m\", resource = \"r\" }\n"
#define SINKS "sinks = [ { service_name = \"m\", resource = \"r\", "

static void
check(const char *option, const char *problem)
{
    char text[2000];
    (void)snprintf(text, sizeof(text), HEAD SINKS "%s } ]\n", option);
    const char *const variables[] = {"NUMBER", "12", "WORD", "hunter2", NULL};
    char *problems = NULL;
    struct mst_config *config = fake_load(text, variables, &problems);
    print_message("%s\n", option);
    /* Everything is about line 8: the rest of the line is compared. */
    const char *at = problems;
    if (problem[0] != '\0') {
        assert_int_equal(strncmp(at, "t.toml:8:", 9), 0);
        at = strstr(at, " error: ");
        assert_non_null(at);
        at += 8;
    }
    assert_string_equal(at, problem);
    assert_int_equal(config == NULL, problem[0] != '\0');
    mst_config_destroy(config);
    free(problems);
}

#define AT(key) " (connectors[0].sinks[0]." key ")\n"

static void
values_of_the_wrong_type_are_refused(void **state)
{
    (void)state;
    check("follow = 1", "expected true or false, got an integer" AT("follow"));
    check("follow = \"true\"",
          "expected true or false, got a string" AT("follow"));
    check("count = \"5\"", "expected an integer, got a string" AT("count"));
    check("count = 1.5", "expected an integer, got a float" AT("count"));
    check("count = true", "expected an integer, got a boolean" AT("count"));
    check("count = [1]", "expected an integer, got an array" AT("count"));
    check("count = { a = 1 }", "expected an integer, got a table" AT("count"));
    check("count = 1979-05-27", "expected an integer, got a date" AT("count"));
    check("rate = \"x\"", "expected a number, got a string" AT("rate"));
    check("key = 1", "expected a string, got an integer" AT("key"));
    check("order = 1", "expected a string, got an integer" AT("order"));
    check("fields = 1",
          "expected an array of strings, got an integer" AT("fields"));
    check("fields = [\"a\", 1]",
          "expected a string, got an integer" AT("fields[1]"));
    check("collections = \"a\"",
          "expected an array of strings, got a string" AT("collections"));
    check("labels = 1", "expected a table, got an integer" AT("labels"));
    check("labels = { a = [] }",
          "expected a string, a number or a boolean, got an array" AT(
              "labels.a"));
    check("create = 1", "expected a table, got an integer" AT("create"));
}

static void
values_out_of_range_are_refused(void **state)
{
    (void)state;
    check("count = 0", "must be between 1 and 100" AT("count"));
    check("count = 101", "must be between 1 and 100" AT("count"));
    check("count = 100", "");
    check("limit = 1023", "must be between 1KiB and 1GiB" AT("limit"));
    check("limit = \"2GiB\"", "must be between 1KiB and 1GiB" AT("limit"));
    check("limit = \"18446744073709551615\"",
          "must be between 1KiB and 1GiB" AT("limit"));
    check("wait = \"2m\"", "must be between 1ms and 1m" AT("wait"));
    check("wait = 0", "must be between 1ms and 1m" AT("wait"));
}

#define SIZE "expected a size such as \"64MiB\" or 65536, got "
#define DURATION                                                               \
    "expected a duration such as \"250ms\", \"5s\", \"1m\", \"2h\" or "        \
    "\"7d\", got "

static void
sizes_durations_and_choices_are_checked(void **state)
{
    (void)state;
    check("limit = \"64M\"", SIZE "\"64M\"" AT("limit"));
    check("limit = -1", SIZE "a negative number" AT("limit"));
    check("limit = \"\"", SIZE "\"\"" AT("limit"));
    check("wait = 5", DURATION "an integer" AT("wait"));
    check("wait = \"5\"", DURATION "\"5\"" AT("wait"));
    check("wait = -5", DURATION "a negative number" AT("wait"));
    check("order = \"ascendin\"",
          "unknown value \"ascendin\"; it is one of \"ascending\", "
          "\"descending\"" AT("order") "  hint: did you mean "
                                       "\"ascending\"?\n");
    check("order = \"\"", "unknown value \"\"; it is one of \"ascending\", "
                          "\"descending\"" AT("order"));
}

static void
unknown_keys_are_refused_with_what_was_meant(void **state)
{
    (void)state;
    check("folow = true",
          "unknown key 'folow'" AT("folow") "  hint: did you mean "
                                            "'follow'?\n");
    check("output_encodng = \"json\"",
          "unknown key 'output_encodng'" AT(
              "output_encodng") "  hint: did you mean 'output_encoding'?\n");
    check("nonsense = 1", "unknown key 'nonsense'" AT("nonsense"));
    check("\"a.b\" = 1", "unknown key 'a.b'" AT("\"a.b\""));
    check("create = { partition = 1 }",
          "unknown key 'partition'" AT(
              "create.partition") "  hint: did you mean 'partitions'?\n");
    check("create = { policy = \"x\" }",
          "'partitions' is missing" AT("create"));
}

static void
references_give_values_of_every_type(void **state)
{
    (void)state;
    check("count = \"${NUMBER}\"", "");
    check("count = \"env:NUMBER\"", "");
    check("rate = \"${NUMBER}.5\"", "");
    check("wait = \"${NUMBER}ms\"", "");
    check("limit = \"${NUMBER}KiB\"", "");
    check("follow = \"${NO:-false}\"", "");
    check("order = \"${NO:-descending}\"", "");
    check("count = \"${NO:-101}\"", "must be between 1 and 100" AT("count"));
    check("key = \"${NO}\"",
          "the environment variable 'NO' is not set" AT(
              "key") "  hint: set it, or give a default: ${NO:-value}\n");
    check("fields = [\"a\", \"${NO}\"]",
          "the environment variable 'NO' is not set" AT(
              "fields[1]") "  hint: set it, or give a default: ${NO:-value}\n");
    check("labels = { a = \"${NO}\" }",
          "the environment variable 'NO' is not set" AT(
              "labels.a") "  hint: set it, or give a default: ${NO:-value}\n");
}

static void
values_of_the_environment_are_never_shown(void **state)
{
    (void)state;
    check("count = \"${WORD}\"",
          "expected an integer, got \"${WORD}\"" AT(
              "count") "  hint: the text comes from the environment\n");
    check("order = \"${WORD}\"",
          "unknown value \"${WORD}\"; it is one of \"ascending\", "
          "\"descending\"" AT("order"));
    check("wait = \"x://u:hunter2@h\"", DURATION "\"x://u:****@h\"" AT("wait"));
}

static void
a_default_that_is_wrong_is_found(void **state)
{
    (void)state;
    static const struct mst_option wrong[] = {
        {.name = "n", .type = MST_OPTION_INT, .def = "many"},
    };
    static const struct mst_option_table table = {
        .options = wrong, .len = 1, .size = sizeof(int64_t)};
    int64_t slot = 0;
    assert_false(mst_options_defaults(&table, &slot));
}

static void
an_integer_may_have_a_word_for_zero(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        const char *resource;
        const char *problem;
    } cases[] = {
        {"3", "r:3", ""},
        {"0", "r", ""},
        {"\"latest\"", "r", ""},
        {"\"${WORD}\"", "r", ""},
        {"\"newest\"", NULL, "an integer, got a string"},
        {"\"3\"", NULL, "an integer, got a string"},
    };
    static const char *const variables[] = {"WORD", "latest", NULL};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        char text[2000];
        (void)snprintf(text, sizeof(text),
                       HEAD SINKS
                       "follow = true } ]\nschemas = [ { id = \"a\", "
                       "service_name = \"m\", resource = \"r\", "
                       "version = %s } ]\n",
                       cases[i].version);
        char *problems = NULL;
        struct mst_config *config = fake_load(text, variables, &problems);
        print_message("%s: %s\n", cases[i].version, problems);
        assert_int_equal(config == NULL, cases[i].resource == NULL);
        if (config != NULL) {
            assert_string_equal(config->connectors[0].schemas[0].resource,
                                cases[i].resource);
        } else {
            assert_non_null(strstr(problems, cases[i].problem));
            assert_non_null(
                strstr(problems, "hint: the only word for it is \"latest\""));
        }
        mst_config_destroy(config);
        free(problems);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_the_wrong_type_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(sizes_durations_and_choices_are_checked),
        cmocka_unit_test(unknown_keys_are_refused_with_what_was_meant),
        cmocka_unit_test(references_give_values_of_every_type),
        cmocka_unit_test(values_of_the_environment_are_never_shown),
        cmocka_unit_test(a_default_that_is_wrong_is_found),
        cmocka_unit_test(an_integer_may_have_a_word_for_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

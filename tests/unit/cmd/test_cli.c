/* SPDX-License-Identifier: MIT */
/* The tables of mstream's commands, and parsing by them. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "cli.h"
#include "table.h"

static const char *const colours[] = {"red", "green", NULL};

static const struct mst_cli_flag paint_flags[] = {
    {"colour", "COLOUR", "which", colours},
    {"wait", "S", "how long", NULL},
    {"times", "N", "how often", NULL},
    {"wet", NULL, "still", NULL},
};

static const struct mst_cli_command paint = {
    .group = "wall",
    .name = "paint",
    .synopsis = "WALL [--wet]",
    .summary = "Paint it.",
    .example = "mstream wall paint north",
    .flags = paint_flags,
    .flags_len = MST_ARRAY_SIZE(paint_flags),
    .words_min = 1,
    .words_max = 2,
};

/* Parses words that are separated by spaces; borrowed text lives on. */
static bool
parse(char *text, struct mst_cli_args *ret_args)
{
    char *argv[16];
    int argc = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        argv[argc++] = word;
    }
    return mst_cli_parse(&paint, argc, argv, ret_args);
}

static void
flags_and_words_come_in_any_order(void **state)
{
    (void)state;
    char text[] = "--wet north --colour=red --wait 2s south --json --times 3";
    struct mst_cli_args args;
    int64_t wait_ms = 0;
    int64_t times = 0;
    assert_true(parse(text, &args));
    assert_int_equal(args.words_len, 2);
    assert_string_equal(args.words[0], "north");
    assert_string_equal(args.words[1], "south");
    assert_string_equal(mst_cli_value(&args, "colour"), "red");
    assert_non_null(mst_cli_value(&args, "wet"));
    assert_null(mst_cli_value(&args, "unknown"));
    assert_true(args.json);
    assert_true(mst_cli_duration(&args, "wait", 0, &wait_ms));
    assert_int_equal(wait_ms, 2000);
    assert_true(mst_cli_number(&args, "times", 0, &times));
    assert_int_equal(times, 3);
}

static void
behind_two_dashes_everything_is_a_word(void **state)
{
    (void)state;
    char text[] = "-- --wet --json";
    struct mst_cli_args args;
    assert_true(parse(text, &args));
    assert_int_equal(args.words_len, 2);
    assert_string_equal(args.words[0], "--wet");
    assert_null(mst_cli_value(&args, "wet"));
    assert_false(args.json);
}

static void
a_single_dash_is_a_word(void **state)
{
    (void)state;
    char text[] = "-";
    struct mst_cli_args args;
    assert_true(parse(text, &args));
    assert_string_equal(args.words[0], "-");
}

static void
what_the_table_does_not_have_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {
        "",
        "a b c",
        "north --dry",
        "north -w",
        "north --colour",
        "north --colour=blue",
        "north --wet=yes",
        "north --colou red",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(wrong); i++) {
        char text[64];
        struct mst_cli_args args;
        (void)snprintf(text, sizeof(text), "%s", wrong[i]);
        if (parse(text, &args)) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
}

static void
numbers_and_durations_are_strict(void **state)
{
    (void)state;
    const char *const wrong[] = {"-1", "x", "1x", "", "99999999999999999999"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(wrong); i++) {
        struct mst_cli_args args = {.command = &paint};
        int64_t value = 0;
        args.values[1] = wrong[i];
        args.values[2] = wrong[i];
        assert_false(mst_cli_number(&args, "times", 0, &value));
        assert_false(mst_cli_duration(&args, "wait", 0, &value));
    }
}

/* Completion, help and the manual page rely on these. */
static void
check_table(const struct mst_cli_command *command, const char *group)
{
    assert_non_null(command->name);
    assert_non_null(command->synopsis);
    assert_non_null(command->summary);
    assert_non_null(command->example);
    assert_non_null(strstr(command->example, "mstream"));
    assert_true((command->run != NULL) != (command->subcommands != NULL));
    assert_true(command->flags_len <= MST_CLI_FLAGS_MAX);
    assert_true(command->words_min <= command->words_max
                || command->subcommands != NULL);
    if (group == NULL) {
        assert_null(command->group);
    } else {
        assert_string_equal(command->group, group);
    }
    for (size_t i = 0; i < command->flags_len; i++) {
        assert_non_null(command->flags[i].help);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(command->flags[i].name,
                                    command->flags[k].name);
        }
    }
    for (size_t i = 0;
         command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        check_table(command->subcommands[i], command->name);
    }
}

static void
every_table_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        check_table(mst_cli_commands[i], NULL);
    }
}

static void
columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    static const char *const headings[] = {"A", "LONG", "C"};
    struct mst_table table;
    struct mst_output out;
    mst_output_init(&out);
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    mst_table_add(&table, "%s", "zwölf");
    mst_table_add(&table, "%d", 1);
    mst_table_add(&table, "%s", "two\nlines");
    mst_table_end(&table, &out);
    assert_false(out.json.failed);
    assert_string_equal(mst_buf_text(&out.json.buf),
                        "A      LONG  C\n"
                        "zwölf  1     two lines\n");
    mst_output_clear(&out);
}

static void
text_of_others_is_shown_without_its_control_characters(void **state)
{
    (void)state;
    struct mst_output out;
    mst_output_init(&out);
    mst_output_text(&out, "%s\n", "a\x1b[2J\tb\x7F \xc2\x9b \xc3\xa9 \xff");
    mst_output_shown_line(&out, mst_slice_str("1\n2\r3"));
    assert_string_equal(mst_buf_text(&out.json.buf),
                        "a\\x1B[2J\tb\\x7F \\xC2\\x9B \xc3\xa9 \\xFF\n"
                        "1\\x0A2\\x0D3");
    assert_false(out.json.failed);
    mst_output_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_and_words_come_in_any_order),
        cmocka_unit_test(behind_two_dashes_everything_is_a_word),
        cmocka_unit_test(a_single_dash_is_a_word),
        cmocka_unit_test(what_the_table_does_not_have_is_refused),
        cmocka_unit_test(numbers_and_durations_are_strict),
        cmocka_unit_test(every_table_is_whole),
        cmocka_unit_test(
            text_of_others_is_shown_without_its_control_characters),
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

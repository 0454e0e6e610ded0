/* SPDX-License-Identifier: MIT */
/* Parsing a command's words and flags by its table, and its help. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/suggest.h"
#include "config/units.h"

enum { CLI_OUTPUT_MAX = 256 * 1024 * 1024, CLI_HELP_COLUMN = 24 };

void
mst_cli_help(const struct mst_cli_command *command)
{
    (void)printf("Usage: mstream %s %s\n\n%s\n", command->name,
                 command->synopsis, command->summary);
    if (command->details != NULL) {
        (void)printf("\n%s\n", command->details);
    }
    (void)printf("\nOptions:\n");
    for (size_t i = 0; i < command->flags_len; i++) {
        const struct mst_cli_flag *flag = &command->flags[i];
        char left[64];
        (void)snprintf(left, sizeof(left), "--%s%s%s", flag->name,
                       flag->value != NULL ? " " : "",
                       flag->value != NULL ? flag->value : "");
        (void)printf("  %-*s %s\n", CLI_HELP_COLUMN, left, flag->help);
    }
    (void)printf("  %-*s %s\n", CLI_HELP_COLUMN, "--json",
                 "write for machines: JSON");
    (void)printf("  %-*s %s\n", CLI_HELP_COLUMN, "--help", "this text");
    (void)printf("\nExample:\n  %s\n", command->example);
}

void
mst_cli_error(const struct mst_cli_args *args, const struct mst_error *err)
{
    struct mst_buf out;
    mst_buf_init(&out, CLI_OUTPUT_MAX);
    enum mst_status status = MST_OK;
    if (args->json) {
        status = mst_buf_append_str(&out, "{\"error\":");
        status = status == MST_OK
                     ? mst_buf_append_json(&out, mst_slice_str(err->text))
                     : status;
        status =
            status == MST_OK ? mst_buf_append_str(&out, ",\"hint\":") : status;
        status = status == MST_OK
                     ? mst_buf_append_json(&out, mst_slice_str(err->hint))
                     : status;
        status = status == MST_OK ? mst_buf_append_str(&out, "}\n") : status;
    } else {
        status = mst_buf_printf(&out, "error: %s\n", err->text);
        if (status == MST_OK && err->hint[0] != '\0') {
            status = mst_buf_printf(&out, "hint: %s\n", err->hint);
        }
    }
    if (status == MST_OK) {
        (void)fwrite(out.data, 1, out.len, stderr);
    }
    mst_buf_clear(&out);
}

void
mst_cli_fail(const struct mst_cli_args *args, const char *hint, const char *fmt,
             ...)
{
    struct mst_error err;
    va_list list;
    mst_error_clear(&err);
    va_start(list, fmt);
    (void)vsnprintf(err.text, sizeof(err.text), fmt, list);
    va_end(list);
    if (hint != NULL) {
        mst_error_hint(&err, "%s", hint);
    }
    mst_cli_error(args, &err);
}

static int
cli_find_flag(const struct mst_cli_command *command, const char *name,
              size_t len)
{
    for (size_t i = 0; i < command->flags_len; i++) {
        if (strlen(command->flags[i].name) == len
            && memcmp(command->flags[i].name, name, len) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool
cli_unknown_flag(const struct mst_cli_args *args, const char *flag)
{
    char hint[128];
    struct mst_suggest suggest = {.word = flag + 2};
    for (size_t i = 0; i < args->command->flags_len; i++) {
        mst_suggest_offer(&suggest, args->command->flags[i].name);
    }
    if (suggest.best != NULL) {
        (void)snprintf(hint, sizeof(hint), "did you mean '--%s'?",
                       suggest.best);
    } else {
        (void)snprintf(hint, sizeof(hint), "see mstream %s --help",
                       args->command->name);
    }
    mst_cli_fail(args, hint, "mstream %s has no option '%s'",
                 args->command->name, flag);
    return false;
}

/* Takes argv[*at], which starts with "--", and its value. */
static bool
cli_parse_flag(struct mst_cli_args *args, int argc, char **argv, int *at)
{
    const char *flag = argv[*at];
    const char *equal = strchr(flag, '=');
    size_t len = equal != NULL ? (size_t)(equal - flag) - 2 : strlen(flag) - 2;
    int i = cli_find_flag(args->command, flag + 2, len);
    if (i < 0) {
        return cli_unknown_flag(args, flag);
    }
    if (args->command->flags[i].value == NULL) {
        args->values[i] = "";
        return equal == NULL || cli_unknown_flag(args, flag);
    }
    if (equal != NULL) {
        args->values[i] = equal + 1;
        return true;
    }
    if (*at + 1 >= argc) {
        mst_cli_fail(args, NULL, "%s wants a value: %s %s", flag, flag,
                     args->command->flags[i].value);
        return false;
    }
    args->values[i] = argv[++*at];
    return true;
}

bool
mst_cli_parse(const struct mst_cli_command *command, int argc, char **argv,
              struct mst_cli_args *ret_args)
{
    bool flags = true;
    memset(ret_args, 0, sizeof(*ret_args));
    ret_args->command = command;
    for (int i = 0; i < argc; i++) {
        ret_args->json = ret_args->json || strcmp(argv[i], "--json") == 0;
    }
    for (int i = 0; i < argc; i++) {
        if (flags && strcmp(argv[i], "--") == 0) {
            flags = false;
        } else if (flags && strcmp(argv[i], "--json") == 0) {
            continue;
        } else if (flags && strncmp(argv[i], "--", 2) == 0) {
            if (!cli_parse_flag(ret_args, argc, argv, &i)) {
                return false;
            }
        } else if (ret_args->words_len < command->words_max
                   && ret_args->words_len < MST_CLI_WORDS_MAX) {
            ret_args->words[ret_args->words_len++] = argv[i];
        } else {
            mst_cli_fail(ret_args, NULL, "too many arguments: '%s'", argv[i]);
            return false;
        }
    }
    if (ret_args->words_len < command->words_min) {
        mst_cli_fail(ret_args, NULL, "usage: mstream %s %s", command->name,
                     command->synopsis);
        return false;
    }
    return true;
}

const char *
mst_cli_value(const struct mst_cli_args *args, const char *flag)
{
    int i = cli_find_flag(args->command, flag, strlen(flag));
    return i < 0 ? NULL : args->values[i];
}

bool
mst_cli_number(const struct mst_cli_args *args, const char *flag,
               int64_t fallback, int64_t *ret_value)
{
    const char *text = mst_cli_value(args, flag);
    char *end = NULL;
    *ret_value = fallback;
    if (text == NULL) {
        return true;
    }
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < 0) {
        mst_cli_fail(args, NULL, "--%s wants a number, not '%s'", flag, text);
        return false;
    }
    *ret_value = value;
    return true;
}

bool
mst_cli_duration(const struct mst_cli_args *args, const char *flag,
                 int64_t fallback_ms, int64_t *ret_ms)
{
    const char *text = mst_cli_value(args, flag);
    *ret_ms = fallback_ms;
    if (text == NULL || mst_units_duration(text, 1000, ret_ms)) {
        return true;
    }
    mst_cli_fail(args, "write 30 (seconds), 500ms, 5s, 1m or 2h",
                 "--%s wants a duration, not '%s'", flag, text);
    return false;
}

struct mst_config *
mst_cli_load(const struct mst_cli_args *args, const char *path)
{
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    struct mst_buf text;
    const struct mst_config_input input = {
        .path = path, .registry = mst_cli_registry(), .probe = true};
    if (mst_config_load(&input, &problems, &config) != MST_OK) {
        config = NULL;
    }
    mst_buf_init(&text, CLI_OUTPUT_MAX);
    if ((args->json ? mst_problems_json : mst_problems_text)(&problems, &text)
            == MST_OK
        && problems.len > 0) {
        (void)fwrite(text.data, 1, text.len, stderr);
    }
    mst_buf_clear(&text);
    mst_problems_clear(&problems);
    return config;
}

int
mst_cli_print(const struct mst_buf *out, int code)
{
    if (fwrite(out->data, 1, out->len, stdout) != out->len
        || fflush(stdout) != 0) {
        (void)fprintf(stderr, "error: can not write to standard output\n");
        return MST_EXIT_FAILED;
    }
    return code;
}

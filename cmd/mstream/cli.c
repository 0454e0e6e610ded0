/* SPDX-License-Identifier: MIT */
/* Parsing a command's words and flags by its table. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/suggest.h"
#include "config/units.h"

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

/* The one flag that people write as a letter everywhere. */
static const char *
cli_long_flag(const struct mst_cli_command *command, const char *flag)
{
    bool follow = strcmp(flag, "-f") == 0
                  && cli_find_flag(command, "follow", strlen("follow")) >= 0;
    return follow ? "--follow" : flag;
}

static bool
cli_unknown_flag(const struct mst_cli_args *args, const char *flag)
{
    char hint[128];
    char title[MST_CLI_TITLE_MAX];
    struct mst_suggest suggest = {.word = flag + strspn(flag, "-")};
    mst_cli_title(args->command, title);
    for (size_t i = 0; i < args->command->flags_len; i++) {
        mst_suggest_offer(&suggest, args->command->flags[i].name);
    }
    mst_suggest_offer(&suggest, "json");
    mst_suggest_offer(&suggest, "help");
    if (suggest.best != NULL) {
        (void)snprintf(hint, sizeof(hint), "did you mean '--%s'?",
                       suggest.best);
    } else {
        (void)snprintf(hint, sizeof(hint), "see %s --help", title);
    }
    mst_cli_fail(args, hint, "%s has no option '%s'", title, flag);
    return false;
}

/* Whether the value is one of the choices, if there are any. */
static bool
cli_check_choice(const struct mst_cli_args *args, const char *what,
                 const char *const *choices, const char *value)
{
    struct mst_suggest suggest = {.word = value};
    char hint[256] = "it is one of";
    if (choices == NULL) {
        return true;
    }
    for (size_t i = 0; choices[i] != NULL; i++) {
        size_t len = strlen(hint);
        if (strcmp(choices[i], value) == 0) {
            return true;
        }
        (void)snprintf(hint + len, sizeof(hint) - len, "%s %s",
                       i > 0 ? "," : "", choices[i]);
        mst_suggest_offer(&suggest, choices[i]);
    }
    if (suggest.best != NULL) {
        (void)snprintf(hint, sizeof(hint), "did you mean '%s'?", suggest.best);
    }
    mst_cli_fail(args, hint, "%s can not be '%s'", what, value);
    return false;
}

/* Takes argv[*at], which starts with a dash, and its value. */
static bool
cli_parse_flag(struct mst_cli_args *args, int argc, char **argv, int *at)
{
    const char *given = cli_long_flag(args->command, argv[*at]);
    const char *equal = strchr(given, '=');
    if (strncmp(given, "--", 2) != 0) {
        return cli_unknown_flag(args, given);
    }
    size_t len =
        equal != NULL ? (size_t)(equal - given) - 2 : strlen(given) - 2;
    int i = cli_find_flag(args->command, given + 2, len);
    if (i < 0) {
        return cli_unknown_flag(args, given);
    }
    const struct mst_cli_flag *flag = &args->command->flags[i];
    char name[MST_CLI_TITLE_MAX];
    (void)snprintf(name, sizeof(name), "--%s", flag->name);
    if (flag->value == NULL) {
        args->values[i] = "";
        if (equal != NULL) {
            mst_cli_fail(args, NULL, "%s takes no value", name);
        }
        return equal == NULL;
    }
    if (equal == NULL && *at + 1 >= argc) {
        mst_cli_fail(args, NULL, "%s wants a value: %s %s", name, name,
                     flag->value);
        return false;
    }
    args->values[i] = equal != NULL ? equal + 1 : argv[++*at];
    return cli_check_choice(args, name, flag->choices, args->values[i]);
}

static bool
cli_parse_word(struct mst_cli_args *args, const char *word)
{
    const struct mst_cli_command *command = args->command;
    char title[MST_CLI_TITLE_MAX];
    if (args->words_len < command->words_max
        && args->words_len < MST_CLI_WORDS_MAX) {
        args->words[args->words_len++] = word;
        return cli_check_choice(args, "this", command->choices, word);
    }
    mst_cli_title(command, title);
    struct mst_error err;
    mst_error_clear(&err);
    (void)mst_fail(&err, MST_FATAL, "cli", 0, "too many arguments: '%s'", word);
    mst_error_hint(&err, "usage: %s %s", title, command->synopsis);
    mst_cli_error(args, &err);
    return false;
}

static bool
cli_enough_words(const struct mst_cli_args *args)
{
    char hint[256];
    char title[MST_CLI_TITLE_MAX];
    if (args->words_len >= args->command->words_min) {
        return true;
    }
    mst_cli_title(args->command, title);
    (void)snprintf(hint, sizeof(hint), "usage: %s %s", title,
                   args->command->synopsis);
    mst_cli_fail(args, hint, "%s: an argument is missing", title);
    return false;
}

bool
mst_cli_parse(const struct mst_cli_command *command, int argc, char **argv,
              struct mst_cli_args *ret_args)
{
    bool flags = true;
    memset(ret_args, 0, sizeof(*ret_args));
    ret_args->command = command;
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        ret_args->json = ret_args->json || strcmp(argv[i], "--json") == 0;
    }
    for (int i = 0; i < argc; i++) {
        if (flags && strcmp(argv[i], "--") == 0) {
            flags = false;
        } else if (flags && strcmp(argv[i], "--json") == 0) {
            continue;
        } else if (flags && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!cli_parse_flag(ret_args, argc, argv, &i)) {
                return false;
            }
        } else if (!cli_parse_word(ret_args, argv[i])) {
            return false;
        }
    }
    return cli_enough_words(ret_args);
}

const struct mst_cli_command *
mst_cli_find(const struct mst_cli_command *const *list, const char *name)
{
    for (size_t i = 0; list[i] != NULL; i++) {
        if (strcmp(list[i]->name, name) == 0) {
            return list[i];
        }
    }
    return NULL;
}

const char *
mst_cli_value(const struct mst_cli_args *args, const char *flag)
{
    int i = cli_find_flag(args->command, flag, strlen(flag));
    return i < 0 ? NULL : args->values[i];
}

int
mst_cli_choice(const struct mst_cli_args *args, const char *flag, int fallback)
{
    int at = cli_find_flag(args->command, flag, strlen(flag));
    const char *value = at < 0 ? NULL : args->values[at];
    if (value == NULL) {
        return fallback;
    }
    const char *const *choices = args->command->flags[at].choices;
    int i = 0;
    while (choices[i] != NULL && strcmp(choices[i], value) != 0) {
        i++;
    }
    return choices[i] != NULL ? i : fallback;
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
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < 0 || errno != 0) {
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

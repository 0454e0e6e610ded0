/* SPDX-License-Identifier: MIT */
/* Entry of the command line: finds the command. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "config/suggest.h"

static int
main_help(const struct mst_cli_command *command, int code)
{
    struct mst_buf out;
    mst_buf_init(&out, MST_CLI_OUTPUT_MAX);
    if (mst_cli_help(command, &out) != MST_OK) {
        mst_buf_clear(&out);
        return MST_EXIT_FAILED;
    }
    if (code == MST_EXIT_OK) {
        code = mst_cli_print(&out, code);
    } else {
        (void)fwrite(out.data, 1, out.len, stderr);
    }
    mst_buf_clear(&out);
    return code;
}

static int
main_unknown(const struct mst_cli_command *group, const char *name)
{
    const struct mst_cli_command *const *list =
        group != NULL ? group->subcommands : mst_cli_commands;
    struct mst_suggest suggest = {.word = name};
    for (size_t i = 0; list[i] != NULL; i++) {
        mst_suggest_offer(&suggest, list[i]->name);
    }
    (void)fprintf(stderr, "error: there is no command '%s%s%s'\nhint: ",
                  group != NULL ? group->name : "", group != NULL ? " " : "",
                  name);
    if (suggest.best != NULL) {
        (void)fprintf(stderr, "did you mean '%s'?\n", suggest.best);
    } else {
        (void)fprintf(stderr, "see mstream %s%s--help\n",
                      group != NULL ? group->name : "",
                      group != NULL ? " " : "");
    }
    return MST_EXIT_USAGE;
}

static bool
main_is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int
main_run(const struct mst_cli_command *command, int argc, char **argv)
{
    struct mst_cli_args args;
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (main_is_help(argv[i])) {
            return main_help(command, MST_EXIT_OK);
        }
    }
    if (!mst_cli_parse(command, argc, argv, &args)) {
        return MST_EXIT_USAGE;
    }
    mst_log_set_json(args.json);
    return command->run(&args);
}

/* Goes down to the command that the words name, and runs it, or helps. */
static int
main_dispatch(int argc, char **argv, bool help)
{
    const struct mst_cli_command *const *list = mst_cli_commands;
    const struct mst_cli_command *group = NULL;
    int at = 0;
    while (at < argc && !main_is_help(argv[at])) {
        const struct mst_cli_command *found = mst_cli_find(list, argv[at]);
        if (found == NULL) {
            return main_unknown(group, argv[at]);
        }
        at++;
        if (found->subcommands == NULL) {
            return help ? main_help(found, MST_EXIT_OK)
                        : main_run(found, argc - at, argv + at);
        }
        group = found;
        list = found->subcommands;
    }
    return main_help(group, help || at < argc ? MST_EXIT_OK : MST_EXIT_USAGE);
}

int
main(int argc, char **argv)
{
    /* A closed pipe and a full size limit are errors of a write, with a
     * message and a status, not the end of the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    if (argc > 1
        && (strcmp(argv[1], "--version") == 0
            || strcmp(argv[1], "version") == 0)) {
        (void)printf("mstream %s\n", MST_VERSION);
        return MST_EXIT_OK;
    }
    if (argc > 1 && strcmp(argv[1], "help") == 0) {
        return main_dispatch(argc - 2, argv + 2, true);
    }
    return main_dispatch(argc - 1, argv + 1, false);
}

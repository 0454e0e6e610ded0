/* SPDX-License-Identifier: MIT */
/* Entry of the command line: finds the command. */
#include <stdio.h>
#include <string.h>

#include "builtins.h"
#include "commands.h"
#include "config/suggest.h"

const struct mst_cli_command *const mst_cli_commands[] = {
    &mst_command_doctor,
    &mst_command_explain,
    &mst_command_run,
    &mst_command_validate,
    NULL,
};

const struct mst_registry *
mst_cli_registry(void)
{
    return &mst_builtins;
}

static int
main_help(FILE *out)
{
    (void)fprintf(out, "Usage: mstream COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        (void)fprintf(out, "  %-12s %s\n", mst_cli_commands[i]->name,
                      mst_cli_commands[i]->summary);
    }
    (void)fprintf(out,
                  "\nmstream COMMAND --help says more, with an example.\n"
                  "Exit codes: 0 done, 1 failed, 2 usage or configuration,\n"
                  "3 something was rejected, 4 timed out, 5 another run holds "
                  "the lease.\n");
    return MST_EXIT_OK;
}

static int
main_unknown(const char *name)
{
    struct mst_suggest suggest = {.word = name};
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        mst_suggest_offer(&suggest, mst_cli_commands[i]->name);
    }
    (void)fprintf(stderr, "error: there is no command '%s'\nhint: ", name);
    if (suggest.best != NULL) {
        (void)fprintf(stderr, "did you mean '%s'?\n", suggest.best);
    } else {
        (void)fprintf(stderr, "see mstream --help\n");
    }
    return MST_EXIT_USAGE;
}

static int
main_run(const struct mst_cli_command *command, int argc, char **argv)
{
    struct mst_cli_args args;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            mst_cli_help(command);
            return MST_EXIT_OK;
        }
    }
    return mst_cli_parse(command, argc, argv, &args) ? command->run(&args)
                                                     : MST_EXIT_USAGE;
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        (void)main_help(stderr);
        return MST_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0) {
        return main_help(stdout);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("mstream %s\n", MST_VERSION);
        return MST_EXIT_OK;
    }
    for (size_t i = 0; mst_cli_commands[i] != NULL; i++) {
        if (strcmp(argv[1], mst_cli_commands[i]->name) == 0) {
            return main_run(mst_cli_commands[i], argc - 2, argv + 2);
        }
    }
    return main_unknown(argv[1]);
}

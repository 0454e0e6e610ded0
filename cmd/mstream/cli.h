/* SPDX-License-Identifier: MIT */
/*
 * What the commands of `mstream` share: one table per command drives parsing,
 * help, completion and the manual page.
 */
#ifndef MST_MSTREAM_CLI_H
#define MST_MSTREAM_CLI_H

#include "base/buf.h"
#include "config/load.h"

enum mst_exit {
    MST_EXIT_OK = 0,
    MST_EXIT_FAILED = 1,
    MST_EXIT_USAGE = 2,    /* usage or configuration */
    MST_EXIT_REJECTED = 3, /* something was rejected or dead-lettered */
    MST_EXIT_TIMED_OUT = 4,
    MST_EXIT_REFUSED = 5 /* another run holds the lease */
};

enum {
    MST_CLI_FLAGS_MAX = 32,
    MST_CLI_WORDS_MAX = 256,
    MST_CLI_TITLE_MAX = 64,
    MST_CLI_OUTPUT_MAX = 256 * 1024 * 1024
};

struct mst_cli_flag {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, for the help: "FILE"; NULL: nothing */
    const char *help;
    const char *const *choices; /* NULL-terminated; NULL: any value */
};

/* What was given. Borrowed from argv. */
struct mst_cli_args {
    const struct mst_cli_command *command;
    /* By index in the command's flags; NULL: not given; "" for one that takes
     * nothing. */
    const char *values[MST_CLI_FLAGS_MAX];
    const char *words[MST_CLI_WORDS_MAX];
    size_t words_len;
    bool json; /* --json, which every command takes */
};

/* A command, or a group of them: then it has subcommands and nothing to run.
 */
struct mst_cli_command {
    const char *group; /* the word before the name; NULL: none */
    const char *name;
    const char *synopsis; /* behind the name: "FILE [--job NAME]" */
    const char *summary;  /* one line */
    const char *details;  /* what else there is to say; may be NULL */
    const char *example;
    const struct mst_cli_flag *flags;
    size_t flags_len;
    size_t words_min;
    size_t words_max;
    const char *const *choices; /* of its words; NULL: files, if any */
    const struct mst_cli_command *const *subcommands; /* NULL-terminated */
    int (*run)(const struct mst_cli_args *args);
};

/* All commands, NULL-terminated (commands.c). */
extern const struct mst_cli_command *const mst_cli_commands[];
/* What this build can connect to. */
const struct mst_registry *mst_cli_registry(void);

/* --- arguments (cli.c) --------------------------------------------------- */
/* False: said what is wrong (exit 2). */
bool mst_cli_parse(const struct mst_cli_command *command, int argc, char **argv,
                   struct mst_cli_args *ret_args);
/* The value of a flag of this command, NULL when it was not given. */
const char *mst_cli_value(const struct mst_cli_args *args, const char *flag);
/* The place of a flag's value among its choices; fallback: not given. */
int mst_cli_choice(const struct mst_cli_args *args, const char *flag,
                   int fallback);
/* A number or a duration ("30s") of a flag; false: said what is wrong. */
bool mst_cli_number(const struct mst_cli_args *args, const char *flag,
                    int64_t fallback, int64_t *ret_value);
bool mst_cli_duration(const struct mst_cli_args *args, const char *flag,
                      int64_t fallback_ms, int64_t *ret_ms);
/* The command called `name` in a NULL-terminated list; NULL: none. */
const struct mst_cli_command *
mst_cli_find(const struct mst_cli_command *const *list, const char *name);

/* --- words for people (cli_say.c, cli_help.c) ---------------------------- */
/* "mstream checkpoints list" */
void mst_cli_title(const struct mst_cli_command *command,
                   char out[MST_CLI_TITLE_MAX]);
/* Appends the help of a command or group; command NULL: of all. */
MST_MUST_CHECK enum mst_status
mst_cli_help(const struct mst_cli_command *command, struct mst_buf *out);
/* "error: ..." and "hint: ..." on stderr, or one JSON object with --json. */
void mst_cli_error(const struct mst_cli_args *args,
                   const struct mst_error *err);
void mst_cli_fail(const struct mst_cli_args *args, const char *hint,
                  const char *fmt, ...) MST_PRINTF(3, 4);
/* Prints a buffer to stdout; an unwritable stdout is exit 1. */
int mst_cli_print(const struct mst_buf *out, int code);

/* --- configurations (cli_config.c) --------------------------------------- */
/* Loads a configuration, saying all its problems; NULL: exit 2. */
struct mst_config *mst_cli_load(const struct mst_cli_args *args,
                                const char *path);
/* The job called `name`; NULL: said that there is none (exit 2). */
const struct mst_config_connector *
mst_cli_connector(const struct mst_cli_args *args,
                  const struct mst_config *config, const char *name);

#endif
